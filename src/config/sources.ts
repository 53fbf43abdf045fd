import type { Clock } from '../clock.ts';

/** Flags by the key that commander gives them (see `flagKey`); keys of no option are the command's own business. */
export type FlagValues = Readonly<Record<string, string | boolean | undefined>>;

export type EnvironmentValues = Readonly<Record<string, string | undefined>>;

export type FileRead =
  | { readonly kind: 'read'; readonly bytes: Buffer; readonly mode: number; readonly owner?: number }
  | { readonly kind: 'unreadable'; readonly why: string };

/** Everything that a configuration is made from, so that a test can make one without a machine. */
export interface ConfigSources {
  readonly flags: FlagValues;
  readonly env: EnvironmentValues;
  /** Where relative paths in flags and variables begin. */
  readonly workingFolder: string;
  readonly temporaryFolder: string;
  /** Absent where the system has none. */
  readonly userId?: number;
  /** The IP addresses of this machine's interfaces. */
  readonly localAddresses: readonly string[];
  readonly clock: Clock;
  readFile(path: string): Promise<FileRead>;
  /** Every address of a host name; rejects for a name that cannot be resolved. */
  resolveHost(host: string): Promise<readonly string[]>;
  /** For a node that is alone in its map: a secret that nobody else has. */
  drawSecret(): Buffer;
}

/** What is wrong with who may change a file, and what is wanted instead. */
export interface Distrust {
  readonly found: string;
  readonly expected: string;
}

const WRITABLE_BY_OTHERS = 0o022;
const ROOT = 0;

/**
 * Whether somebody else could have written this file: then its secret may be that person's, and so may the program that a
 * configuration has the daemon execute. Undefined where all is well.
 */
export function distrust(
  { mode, owner }: Pick<FileRead & { kind: 'read' }, 'mode' | 'owner'>,
  { userId }: Pick<ConfigSources, 'userId'>,
): Distrust | undefined {
  if ((mode & WRITABLE_BY_OTHERS) !== 0) {
    return {
      found: `a file that others may write (mode ${formatMode(mode)})`,
      expected: 'a file that only its owner may write: chmod go-w takes it from the others',
    };
  }
  if (owner === undefined || userId === undefined || owner === ROOT || owner === userId) return undefined;
  return {
    found: `a file of user ${owner}`,
    expected: `a file of root, or of user ${userId}, which runs this: chown ${userId} makes it so`,
  };
}

export function formatMode(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}
