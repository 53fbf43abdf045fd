import { join } from 'node:path';
import { ConfigError, type ConfigProblem } from '../errors.ts';
import type { LetterMap, Letter } from '../session/letter.ts';
import { findDisagreements } from './agreements.ts';
import { readConfigFile } from './config-file.ts';
import type { Config, Credential, MeshConfig } from './config.ts';
import { findOwnLetter } from './letters.ts';
import type { OptionPath, OptionValues } from './options.ts';
import { readOptions, type OptionsRead } from './read-options.ts';
import { parseCredentials, readSecretFile } from './secret-file.ts';
import { findGroup } from './socket-addresses.ts';
import type { ConfigSources } from './sources.ts';

/** What a client can write behind `Authorization: Bearer`. */
const TOKEN_FORM = /^[\x21-\x7e]+$/;

/**
 * Makes the configuration of one daemon: file, then variables, then flags, the later winning. The result is frozen.
 *
 * @throws ConfigError with every problem that there is, not only the first.
 */
export async function loadConfig(sources: ConfigSources): Promise<Config> {
  const file = await readConfigFile(sources);
  const read = readOptions(file.kind === 'read' ? file : undefined, sources);
  const problems = [...(file.kind === 'none' ? [] : file.problems), ...read.problems];
  const { values, broken } = read;

  // Without the file, all that it says is missing; to tell that as well would only hide what is wrong.
  if (file.kind === 'unusable') throw new ConfigError(problems);

  problems.push(...findDisagreements(values, broken));
  const identity = await identify(read, sources, problems);
  const secret = await readSecret('secretFile', read, sources, problems);
  const token = await readToken(read, sources, problems);
  const credentials = await readCredentials(read, sources, problems);
  const groupName = values['doors.socketGroup'];
  const group = groupName === undefined ? undefined : await findGroup(groupName, sources, problems);
  if (problems.length > 0 || identity === undefined) throw new ConfigError(problems);

  const { letter, map } = identity;
  return deepFreeze({
    letter,
    map,
    mesh: {
      listen: values['mesh.listen'] ?? map.address(letter),
      security: chooseSecurity(values, secret, sources),
    },
    doors: {
      http: values['doors.http'],
      ...(token !== undefined && { token }),
      memcached: values['doors.memcached'] ?? [],
      credentials,
      socketAccess: { mode: values['doors.socketMode'], ...(group !== undefined && { group }) },
      allowFlush: values['doors.allowFlush'],
      steering: values['doors.steering'],
      keyPrefixes: values['doors.keyPrefixes'],
      cachePrefixes: values['doors.cachePrefixes'],
      lockPrefixes: values['doors.lockPrefixes'],
      lockWaitMs: values['doors.lockWaitMs'],
    },
    session: section(values, 'session'),
    store: section(values, 'store'),
    timings: section(values, 'timings'),
    limits: section(values, 'limits'),
    log: section(values, 'log'),
    runtimeDirectory: values.runtimeDirectory ?? chooseRuntimeDirectory(letter, sources),
  });
}

interface Identity {
  readonly letter: Letter;
  readonly map: LetterMap;
}

async function identify(
  { values, broken }: OptionsRead,
  sources: ConfigSources,
  problems: ConfigProblem[],
): Promise<Identity | undefined> {
  if (broken.has('letters')) return undefined;
  const { letters: map, letter: given } = values;
  if (map === undefined) {
    problems.push({
      path: 'letters',
      found: 'no map',
      expected: 'the map of the cluster, by --map, MAGLIA_MAP or "letters" in the file that --config names',
    });
    return undefined;
  }
  if (broken.has('letter')) return undefined;
  const own = await findOwnLetter(given, map, sources);
  if (own.kind === 'found') return { letter: own.letter, map };
  problems.push(own.problem);
  return undefined;
}

async function readSecret(
  path: 'secretFile' | 'doors.tokenFile' | 'doors.usersFile',
  { values, broken }: OptionsRead,
  sources: ConfigSources,
  problems: ConfigProblem[],
): Promise<Buffer | undefined> {
  const file = values[path];
  if (file === undefined || broken.has(path)) return undefined;
  const read = await readSecretFile(path, file, sources);
  if (read.kind === 'secret') return read.secret;
  problems.push(read.problem);
  return undefined;
}

async function readToken(
  read: OptionsRead,
  sources: ConfigSources,
  problems: ConfigProblem[],
): Promise<string | undefined> {
  const path: OptionPath = 'doors.tokenFile';
  const token = (await readSecret(path, read, sources, problems))?.toString('latin1');
  if (token === undefined || TOKEN_FORM.test(token)) return token;
  problems.push({
    path,
    found: 'a token that cannot stand in an HTTP header',
    expected: 'printable ASCII characters without a space; openssl rand -hex 32 makes good ones',
  });
  return undefined;
}

async function readCredentials(
  read: OptionsRead,
  sources: ConfigSources,
  problems: ConfigProblem[],
): Promise<readonly Credential[]> {
  const path: OptionPath = 'doors.usersFile';
  const text = await readSecret(path, read, sources, problems);
  if (text === undefined) return [];
  const parsed = parseCredentials(text);
  if (parsed.kind === 'credentials') return parsed.credentials;
  problems.push({ path, found: parsed.found, expected: parsed.expected });
  return [];
}

function chooseSecurity(
  values: OptionValues,
  secret: Buffer | undefined,
  sources: ConfigSources,
): MeshConfig['security'] {
  if (values['mesh.plain']) return { kind: 'plain' };
  // Only a node that is alone in its map comes here without a secret. Nobody shares the one it draws: its port is shut.
  return { kind: 'psk', secret: secret ?? sources.drawSecret() };
}

function chooseRuntimeDirectory(letter: Letter, { userId, env, temporaryFolder }: ConfigSources): string {
  if (userId === 0) return `/run/maglia-${letter}`;
  const folder = env['XDG_RUNTIME_DIR'];
  // The XDG specification has a relative path there ignored.
  if (folder?.startsWith('/') === true) return join(folder, `maglia-${letter}`);
  return join(temporaryFolder, `maglia-${userId ?? 'user'}-${letter}`);
}

type Section<S extends string> = {
  readonly [P in keyof OptionValues as P extends `${S}.${infer Leaf}` ? Leaf : never]: OptionValues[P];
};

/** The options of one section by their last names, as `Config` has them. */
function section<S extends string>(values: OptionValues, name: S): Section<S> {
  const own = Object.entries(values).filter(([path]) => path.startsWith(`${name}.`));
  return Object.fromEntries(own.map(([path, value]) => [path.slice(name.length + 1), value])) as Section<S>;
}

/**
 * Freezes a value and all that it is made of. Bytes stay as they are (JavaScript cannot freeze them), and so does what
 * a class keeps in private fields.
 */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
