import type { LoadJob, LoadTarget } from '../load/load-job.ts';

/** Something that memcached clients can talk to. */
export interface DoorContender {
  readonly name: string;
  readonly tcp: LoadTarget;
  /** Absent where it is not measured on a unix socket. */
  readonly unix?: LoadTarget;
  readonly protocols: readonly LoadJob['protocol'][];
  /** The first letter of the keys that it is asked for. */
  readonly keyLetter: string;
  /** All processes that serve it, for the CPU per operation. */
  readonly servers: readonly number[];
  /** What they are called, in that order. */
  readonly serverNames: readonly string[];
}

export const TCP_HOST = '127.0.0.1';
