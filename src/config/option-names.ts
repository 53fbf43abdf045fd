import type { OptionRow } from './option-row.ts';
import { OPTIONS, OPTION_PATHS, type OptionPath } from './options.ts';

/** Variables of this beginning are ours, and a wrong one is told. */
export const VARIABLE_PREFIX = 'MAGLIA_';

/** What an option is called in the file, among the variables, among the flags, and in `FlagValues`. */
export interface OptionNames {
  readonly path: string;
  readonly variable: string;
  readonly flag: string;
  readonly flagKey: string;
}

/** `session.ttlSeconds` is `MAGLIA_SESSION_TTL_SECONDS`. */
export function variableName(path: OptionPath): string {
  return namesOf(path).variable;
}

/** `session.ttlSeconds` is `--session-ttl-seconds`. */
export function flagName(path: OptionPath): string {
  return namesOf(path).flag;
}

/** The key of the flag's value in `FlagValues`, as commander makes it: `session.ttlSeconds` is `sessionTtlSeconds`. */
export function flagKey(path: OptionPath): string {
  return namesOf(path).flagKey;
}

export function namesOf(path: OptionPath): OptionNames {
  const row: OptionRow = OPTIONS[path];
  return { ...namesFrom(row.shortName ?? path), path };
}

/** The names that the option had before; undefined where it always had the same. */
export function formerNamesOf(path: OptionPath): OptionNames | undefined {
  const { formerPath }: OptionRow = OPTIONS[path];
  return formerPath === undefined ? undefined : namesFrom(formerPath);
}

function namesFrom(path: string): OptionNames {
  const words = path
    .replace(/[A-Z]/g, (capital) => `.${capital}`)
    .toLowerCase()
    .split('.');
  const [first = '', ...rest] = words;
  return {
    path,
    variable: VARIABLE_PREFIX + words.join('_').toUpperCase(),
    flag: `--${words.join('-')}`,
    flagKey: first + rest.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join(''),
  };
}

/** An option as help and docs print it, and as the command line declares it. */
export interface OptionDescription {
  /** In the JSON file; `isInFile` false: only by variable and flag. */
  readonly path: OptionPath;
  readonly isInFile: boolean;
  readonly variable: string;
  /** `--session-ttl-seconds` */
  readonly flag: string;
  /** Flag and placeholder as commander declares them: `--store-megabytes <MiB>`, `--mesh-plain [true|false]`. */
  readonly usage: string;
  /** Where loadConfig looks for the flag's value, as commander names it: `sessionTtlSeconds`. */
  readonly flagKey: string;
  /** The names it had before, and still takes. */
  readonly former?: OptionNames;
  readonly expected: string;
  /** The default as one would type it, or what holds without the option. */
  readonly fallback: string;
  readonly says: string;
}

/** Every option, in the order of the table. */
export function describeOptions(): readonly OptionDescription[] {
  return OPTION_PATHS.map((path) => {
    const row: OptionRow = OPTIONS[path];
    const { flag, flagKey, variable } = namesOf(path);
    const former = formerNamesOf(path);
    return {
      path,
      isInFile: row.isInFile !== false,
      ...{ variable, flag, flagKey },
      usage: `${flag} ${row.type.placeholder}`,
      ...(former !== undefined && { former }),
      expected: row.type.expected,
      fallback: 'fallback' in row ? String(row.fallback) : row.otherwise,
      says: row.says,
    };
  });
}
