import type { OptionRow } from './option-row.ts';
import { OPTIONS, OPTION_PATHS, type OptionPath } from './options.ts';

/** Variables of this beginning are ours, and a wrong one is told. */
export const VARIABLE_PREFIX = 'MAGLIA_';

/** `session.ttlSeconds` is `MAGLIA_SESSION_TTL_SECONDS`. */
export function variableName(path: OptionPath): string {
  return VARIABLE_PREFIX + words(path).join('_').toUpperCase();
}

/** `session.ttlSeconds` is `--session-ttl-seconds`. */
export function flagName(path: OptionPath): string {
  return `--${words(path).join('-')}`;
}

/** The key of the flag's value in `FlagValues`, as commander makes it: `session.ttlSeconds` is `sessionTtlSeconds`. */
export function flagKey(path: OptionPath): string {
  const [first = '', ...rest] = words(path);
  return first + rest.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('');
}

function words(path: OptionPath): string[] {
  const row: OptionRow = OPTIONS[path];
  return (row.shortName ?? path)
    .replace(/[A-Z]/g, (capital) => `.${capital}`)
    .toLowerCase()
    .split('.');
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
  readonly expected: string;
  /** The default as one would type it, or what holds without the option. */
  readonly fallback: string;
  readonly says: string;
}

/** Every option, in the order of the table. */
export function describeOptions(): readonly OptionDescription[] {
  return OPTION_PATHS.map((path) => {
    const row: OptionRow = OPTIONS[path];
    return {
      path,
      isInFile: row.isInFile !== false,
      variable: variableName(path),
      flag: flagName(path),
      usage: `${flagName(path)} ${row.type.placeholder}`,
      flagKey: flagKey(path),
      expected: row.type.expected,
      fallback: 'fallback' in row ? String(row.fallback) : row.otherwise,
      says: row.says,
    };
  });
}
