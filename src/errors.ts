/**
 * Every error that maglia raises on purpose. The `code` is the contract: it stays the same when the text gets better.
 * The text says what to do next.
 */
export abstract class MagliaError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** One thing wrong with a configuration. */
export interface ConfigProblem {
  /** Where: a path such as `session.ttlSeconds`, a flag, a variable. */
  readonly path: string;
  readonly found: string;
  readonly expected: string;
}

/** The configuration cannot be used; `problems` has everything that is wrong with it, not only the first thing. */
export class ConfigError extends MagliaError {
  readonly code = 'CONFIG_INVALID';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(
      [
        'the configuration cannot be used:',
        ...problems.map((p) => `  ${p.path}: found ${p.found}; expected ${p.expected}`),
      ].join('\n'),
    );
    this.problems = problems;
  }
}

/** The store could not be asked; surely nothing was done. */
export class StoreUnavailableError extends MagliaError {
  readonly code = 'STORE_UNAVAILABLE';
}

/** The store was asked and did not answer: a write may have been done. Its connection is destroyed. */
export class StoreInDoubtError extends MagliaError {
  readonly code = 'STORE_IN_DOUBT';
}

/** The store refuses a record of this size. */
export class StoreTooLargeError extends MagliaError {
  readonly code = 'STORE_TOO_LARGE';
}

/** Memcached cannot be started, adopted or trusted. */
export class StoreStartError extends MagliaError {
  readonly code = 'STORE_START';
}

/** The system lets this process open too few files. */
export class OpenFilesError extends MagliaError {
  readonly code = 'OPEN_FILES';
}

/** Bytes that are not a stored record, or not this id's. */
export class RecordError extends MagliaError {
  readonly code = 'RECORD_CORRUPT';
}

/** Bytes on the mesh that break the frame format; the connection is closed. */
export class FrameError extends MagliaError {
  readonly code = 'FRAME_MALFORMED';
}

/** A message is longer than the other side takes; surely not sent. */
export class FrameTooLongError extends MagliaError {
  readonly code = 'FRAME_TOO_LONG';
}

/** The peer has carried a request out, and its answer is longer than this node takes. */
export class AnswerTooLongError extends MagliaError {
  readonly code = 'ANSWER_TOO_LONG';
}

/** There is no usable link to the peer; surely nothing was sent. */
export class LinkDownError extends MagliaError {
  readonly code = 'LINK_DOWN';
}

/** The link was lost, or destroyed at a deadline, after the request left: it may have been done. */
export class LinkLostError extends MagliaError {
  readonly code = 'LINK_LOST';
}

/** As many requests as allowed are in flight on this link; surely nothing was sent. */
export class LinkBusyError extends MagliaError {
  readonly code = 'PEER_BACKPRESSURE';
}

/** Why two daemons do not talk to each other. Kept in `status` on both sides. */
export const HANDSHAKE_REFUSALS = [
  'wrong-secret',
  'wrong-map',
  'unknown-letter',
  'wrong-letter',
  'duplicate-letter',
  'wrong-version',
  'not-a-peer',
  'wrong-clock',
] as const;
export type HandshakeRefusal = (typeof HANDSHAKE_REFUSALS)[number];

/** The peer and we refuse to talk; `refusal` says why. */
export class HandshakeRefusedError extends MagliaError {
  readonly code = 'HANDSHAKE_REFUSED';
  readonly refusal: HandshakeRefusal;

  constructor(refusal: HandshakeRefusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.refusal = refusal;
  }
}

/** The daemon is closing or closed. */
export class ClosedError extends MagliaError {
  readonly code = 'CLOSED';
}

/** A command-line call that cannot be carried out; `exitCode` is the process's. */
export class CliError extends MagliaError {
  readonly code = 'CLI';
  readonly exitCode: number;

  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** What an error says; a full disk, say, names the path and ENOSPC there. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether this is a system error of that kind, such as `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
