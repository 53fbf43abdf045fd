import type { ValueType } from './value-type.ts';

/** One option. Its path in the file names its variable and its flag as well, see `option-names.ts`. */
export type OptionRow = {
  readonly type: ValueType<unknown>;
  /** One line, for help and docs. */
  readonly says: string;
  /** The name it had before: taken as well for one release, in the file, as a variable and as a flag. */
  readonly formerPath?: string;
  /** Names variable and flag where the path should not. */
  readonly shortName?: string;
  /** Present where the option cannot stand in the file. */
  readonly isInFile?: false;
} & (
  | {
      /** The default, as one would write it in the file. */
      readonly fallback: unknown;
    }
  | {
      /** What holds without it, where that is no fixed value. */
      readonly otherwise: string;
    }
);
