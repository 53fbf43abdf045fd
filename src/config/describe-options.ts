import { formerNamesOf, namesOf, type OptionNames } from './option-names.ts';
import type { OptionRow } from './option-row.ts';
import { OPTION_PATHS, OPTIONS, type OptionPath } from './options.ts';

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
