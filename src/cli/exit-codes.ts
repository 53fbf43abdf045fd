/** The process's exit status. The numbers are a contract for scripts; `EXIT_MEANINGS` is printed by `maglia help`. */
export const EXIT = {
  ok: 0,
  no: 1,
  usage: 2,
  config: 3,
  unreachable: 4,
  unavailable: 5,
  internal: 70,
  unwritten: 74,
  cannotStart: 75,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_MEANINGS: Record<ExitCode, string> = {
  0: 'done',
  1: 'the answer was no: no such session, a newer version, refused; of status: not all is well; of forget: nothing to forget, or the daemon runs',
  2: 'the call was wrong: an unknown flag, a malformed id, data that cannot be read, a missing token',
  3: 'the configuration cannot be used, however often it is tried',
  4: 'no daemon can be reached',
  5: 'unavailable, or in doubt: a write may or may not have been done',
  70: 'a fault in maglia itself',
  74: 'the command was carried out, but its output could not be written: the disk is full, or nobody reads',
  75: 'the daemon cannot start now: a port that is taken, no memcached, a directory that is full; try again later',
};

/** The exit status for an HTTP status of the daemon. */
export function exitCodeForStatus(status: number): ExitCode {
  if (status >= 200 && status < 300) return EXIT.ok;
  if (status === 500) return EXIT.internal;
  if (status > 500) return EXIT.unavailable;
  return WRONG_CALLS.has(status) ? EXIT.usage : EXIT.no;
}

/** A bad request, no or a wrong token, and what HTTP itself checks: nothing that was said about a session. */
const WRONG_CALLS: ReadonlySet<number> = new Set([400, 401, 403, 405, 406, 414, 415, 421, 431]);
