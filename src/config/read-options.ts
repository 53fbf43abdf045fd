import type { ConfigProblem } from '../errors.ts';
import { formerNamesOf, namesOf, VARIABLE_PREFIX, type OptionNames } from './option-names.ts';
import { isObject, showKind, type OptionRow, type Given } from './option-row.ts';
import { isOptionPath, OPTION_PATHS, OPTIONS, type OptionPath, type OptionValues } from './options.ts';
import type { ConfigSources, EnvironmentValues, FlagValues } from './sources.ts';

/** The JSON of the configuration file, and the folder where its relative paths begin. */
export interface FileTree {
  readonly tree: unknown;
  readonly folder: string;
}

export interface OptionsRead {
  readonly values: OptionValues;
  /** Options that some layer got wrong: their values decide nothing more, or one mistake would be told as several. */
  readonly broken: ReadonlySet<OptionPath>;
  readonly problems: readonly ConfigProblem[];
}

/**
 * Kubernetes and Docker put variables such as MAGLIA_SERVICE_HOST and MAGLIA_A_PORT_7420_TCP_ADDR into every container
 * beside a service that is called maglia. Nobody wrote these.
 */
const SERVICE_LINK_FORM =
  /^\w+_(?:SERVICE_HOST=|SERVICE_PORT(?:_\w+)?=|PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?=|PORT=(?:tcp|udp|sctp):\/\/)/;

/** Reads every layer, weakest first: the fallbacks, the file, the variables, the flags. */
export function readOptions(
  file: FileTree | undefined,
  { env, flags, workingFolder }: Pick<ConfigSources, 'env' | 'flags' | 'workingFolder'>,
): OptionsRead {
  const reader = new OptionReader();
  for (const path of OPTION_PATHS) reader.takeFallback(path);
  if (file !== undefined) reader.takeTree(file.tree, '', file.folder);
  reader.takeVariables(env, workingFolder);
  reader.takeFlags(flags, workingFolder);
  return reader;
}

class OptionReader implements OptionsRead {
  readonly broken = new Set<OptionPath>();
  readonly problems: ConfigProblem[] = [];
  readonly #values: Record<string, unknown> = {};
  /** By what name this layer gives each option. */
  readonly #givenAs = new Map<OptionPath, string>();

  /** Sound once every fallback has been taken: each later value came out of the same row's type. */
  get values(): OptionValues {
    return this.#values as OptionValues;
  }

  takeFallback(path: OptionPath): void {
    const row: OptionRow = OPTIONS[path];
    if (!('fallback' in row)) return;
    this.#take(path, { kind: 'json', value: row.fallback }, { folder: '/', name: path, joint: '.' });
    this.#givenAs.clear();
  }

  /** `section` is the path of this part of the file, with a dot at its end unless it is the whole. */
  takeTree(tree: unknown, section: string, folder: string): void {
    if (!isObject(tree)) {
      const path = section === '' ? 'config' : section.slice(0, -1);
      this.problems.push({ path, found: showKind({ kind: 'json', value: tree }), expected: 'an object of options' });
      return;
    }
    for (const [key, value] of Object.entries(tree)) {
      const path = section + key;
      if (key.includes('.')) this.#refuseDot(path);
      else if (this.#takeKey(path, value, folder)) continue;
      else if (FILE_PATHS.some((known) => known.startsWith(`${path}.`))) this.takeTree(value, `${path}.`, folder);
      else this.#refuseName(path, 'an unknown key', FILE_NAMES);
    }
  }

  /** Whether it is an option's. */
  #takeKey(key: string, value: unknown, folder: string): boolean {
    const path = FILE_OPTIONS.get(key);
    if (path !== undefined) this.#take(path, { kind: 'json', value }, { folder, name: key, joint: '.' });
    return path !== undefined;
  }

  takeVariables(env: EnvironmentValues, folder: string): void {
    this.#givenAs.clear();
    const paths = new Map(ALL_NAMES.map(({ names, path }) => [names.variable, path]));
    for (const [name, text] of Object.entries(env)) {
      if (!name.startsWith(VARIABLE_PREFIX) || text === undefined) continue;
      const path = paths.get(name);
      if (path !== undefined) this.#take(path, { kind: 'text', text }, { folder, name, joint: ' ' });
      else if (!SERVICE_LINK_FORM.test(`${name}=${text}`))
        this.#refuseName(
          name,
          'an unknown variable',
          OPTION_PATHS.map((known) => namesOf(known).variable),
        );
    }
  }

  takeFlags(flags: FlagValues, folder: string): void {
    this.#givenAs.clear();
    for (const { names, path } of ALL_NAMES) {
      const value = flags[names.flagKey];
      if (value === undefined) continue;
      // A flag without a value is `true`, which only a truth option takes.
      const given: Given = typeof value === 'string' ? { kind: 'text', text: value } : { kind: 'json', value };
      this.#take(path, given, { folder, name: names.flag, joint: ' ' });
    }
  }

  #take(path: OptionPath, given: Given, from: { folder: string; name: string; joint: string }): void {
    const { type }: OptionRow = OPTIONS[path];
    const other = this.#givenAs.get(path);
    this.#givenAs.set(path, from.name);
    if (other !== undefined && other !== from.name) this.#refuseBoth(path, from.name, other);
    const value = type.read({
      given,
      folder: from.folder,
      complain: (found, expected = type.expected, below) => {
        this.broken.add(path);
        this.problems.push({ path: below === undefined ? from.name : from.name + from.joint + below, found, expected });
      },
    });
    if (value !== undefined) this.#values[path] = value;
  }

  /** `{"session.ttlSeconds": 60}` beside `{"session": {"ttlSeconds": 90}}` would be a duplicate that nobody sees. */
  #refuseDot(path: string): void {
    const expected = 'an object in an object, as in {"session": {"ttlSeconds": 1440}}';
    this.problems.push({ path, found: 'a key with a dot', expected });
  }

  #refuseBoth(path: OptionPath, name: string, other: string): void {
    this.broken.add(path);
    this.problems.push({ path: name, found: `${other} beside it`, expected: 'one of the two: they name one option' });
  }

  #refuseName(path: string, found: string, names: readonly string[]): void {
    this.problems.push({ path, found, expected: `a known name; the nearest is ${nearest(path, names)}` });
  }
}

function isFilePath(path: string): path is OptionPath {
  if (!isOptionPath(path)) return false;
  const row: OptionRow = OPTIONS[path];
  return row.isInFile !== false;
}

const ALL_NAMES: readonly { readonly path: OptionPath; readonly names: OptionNames }[] = OPTION_PATHS.flatMap((path) =>
  [namesOf(path), formerNamesOf(path)].flatMap((names) => (names === undefined ? [] : [{ path, names }])),
);

const FILE_PATHS: readonly OptionPath[] = OPTION_PATHS.filter(isFilePath);

/** Each option that can stand in the file, by its names there. */
const FILE_OPTIONS: ReadonlyMap<string, OptionPath> = new Map(
  ALL_NAMES.flatMap(({ names, path }) => (FILE_PATHS.includes(path) ? [[names.path, path] as const] : [])),
);

/** What can stand in the file: the options, and the sections that they are in. */
const FILE_NAMES: readonly string[] = [...FILE_PATHS, ...new Set(FILE_PATHS.flatMap((path) => sectionsOf(path)))];

function sectionsOf(path: string): string[] {
  return path.includes('.') ? [path.slice(0, path.indexOf('.'))] : [];
}

/** People leave out words and letters more often than they write wrong ones, so that this counts for less. */
const ADD_COST = 1;
const DROP_COST = 2;
const REPLACE_COST = 2;

/** The candidate that `text` was most likely meant to be: the one it becomes with the cheapest edits. */
export function nearest(text: string, candidates: readonly string[]): string {
  let best = '';
  let bestCost = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const cost = editCost(text.toLowerCase(), candidate.toLowerCase());
    if (cost < bestCost) {
      best = candidate;
      bestCost = cost;
    }
  }
  return best;
}

/** Levenshtein's distance with weights, row by row. */
function editCost(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column * ADD_COST);
  for (let row = 0; row < from.length; row += 1) {
    const current = [(row + 1) * DROP_COST];
    for (let column = 1; column <= to.length; column += 1) {
      const replace = (above[column - 1] ?? 0) + (from[row] === to[column - 1] ? 0 : REPLACE_COST);
      const drop = (above[column] ?? 0) + DROP_COST;
      const add = (current[column - 1] ?? 0) + ADD_COST;
      current.push(Math.min(replace, drop, add));
    }
    above = current;
  }
  return above.at(-1) ?? 0;
}
