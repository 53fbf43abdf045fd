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
