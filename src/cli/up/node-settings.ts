import { OPTIONS } from '../../config/options.ts';
import { CliError } from '../../errors.ts';
import { EXIT } from '../exit-codes.ts';

/** One `--set path=value`: an entry of the mesh's cluster.json. */
export interface Setting {
  readonly path: readonly string[];
  readonly value: unknown;
}

const FORM = /^([a-zA-Z]+(?:\.[a-zA-Z]+)*)=(.*)$/s;

/** What `up` itself decides, each with the flag to use instead, where there is one. */
const OWN: Readonly<Record<string, string>> = {
  letter: '',
  letters: '',
  secretFile: '',
  runtimeDirectory: '; use --runtime-directory',
  'doors.http': '; use --base-port',
  'doors.memcached': '; use --base-port',
  'mesh.listen': '; use --base-port',
  'store.kind': '; use --store',
};

/**
 * Reads `timings.deadAfterMs=600`; the value is JSON where it can be read as such, else text.
 *
 * @throws CliError (usage)
 */
export function parseSetting(text: string): Setting {
  const [, name, value] = FORM.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new CliError(`--set ${text}: give path=value, such as timings.deadAfterMs=600`, EXIT.usage);
  }
  const own = OWN[name];
  if (own !== undefined) throw new CliError(`--set ${name}: up decides this itself${own}`, EXIT.usage);
  return { path: name.split('.'), value: parseValue(value) };
}

/** A copy of a JSON object in which each setting has its place. Checking what stands there is the configuration's. */
export function applySettings(file: JsonObject, settings: readonly Setting[]): JsonObject {
  return settings.reduce((changed, { path, value }) => withValue(changed, path, value), file);
}

export type JsonObject = Readonly<Record<string, unknown>>;

function withValue(object: JsonObject, path: readonly string[], value: unknown): JsonObject {
  const [key, ...rest] = path;
  if (key === undefined) return object;
  if (rest.length === 0) return { ...object, [key]: value };
  const inner = Object.hasOwn(object, key) ? object[key] : undefined;
  return { ...object, [key]: withValue(isObject(inner) ? inner : {}, rest, value) };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** As many nodes get along with the defaults on a small machine. */
const NODES_WITH_DEFAULTS = 8;

const STRETCHED = [
  'pingMs',
  'suspectAfterMs',
  'deadAfterMs',
  'hardCapMs',
  'dialMs',
  'joinPatienceMs',
  'pauseMs',
] as const;

/**
 * The `timings` of a mesh of so many nodes on one machine. Pings grow with the square of the nodes, and here all of them
 * are paid by the same processors: in a larger mesh every time is longer in proportion. Cost: a dead node is noticed
 * that much later.
 */
export function localTimings(nodes: number): Readonly<Record<string, number>> {
  const factor = Math.ceil(nodes / NODES_WITH_DEFAULTS);
  if (factor === 1) return {};
  return Object.fromEntries(STRETCHED.map((name) => [name, OPTIONS[`timings.${name}`].fallback * factor]));
}
