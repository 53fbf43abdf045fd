import { MagliaError } from '../errors.ts';

/** What Express and Fastify answer with where the application has no error page of its own. */
const UNAVAILABLE = 503;
const BROKEN = 500;

/** The store was given options that it cannot work with. */
export class StoreOptionsError extends MagliaError {
  readonly code = 'STORE_OPTIONS';
}

/** Nobody listens where the daemon of this host should be; surely nothing was done. */
export class DaemonUnreachableError extends MagliaError {
  readonly code = 'DAEMON_UNREACHABLE';
  readonly statusCode = UNAVAILABLE;
}

/** The daemon was asked and did not answer in time, or the connection broke: a write may have been done. */
export class DaemonSilentError extends MagliaError {
  readonly code = 'DAEMON_SILENT';
  readonly statusCode = UNAVAILABLE;
}

/** As many calls as allowed wait for the daemon already; surely nothing was sent. */
export class DaemonBusyError extends MagliaError {
  readonly code = 'DAEMON_BUSY';
  readonly statusCode = UNAVAILABLE;
}

/**
 * The daemon answered that it did not do it, or with `IN_DOUBT` that it may not have been done; `code` and the text are the
 * daemon's own (docs/errors.md).
 */
export class DaemonRefusedError extends MagliaError {
  readonly code: string;
  readonly statusCode: number;

  constructor(code: string, message: string, answeredStatus: number) {
    super(message);
    this.code = code;
    const passes = answeredStatus >= 500 || answeredStatus === 429;
    this.statusCode = passes ? UNAVAILABLE : BROKEN;
  }
}

/** What answers at the daemon's address is something else. */
export class NotMagliaError extends MagliaError {
  readonly code = 'NOT_MAGLIA';
  readonly statusCode = BROKEN;
}

/** A new session was wanted when no minted id was left. */
export class NoSpareIdError extends MagliaError {
  readonly code = 'NO_SPARE_ID';
  readonly statusCode = UNAVAILABLE;
}

/** The session went away between its reading and its writing: what was to be written is gone with it. */
export class SessionLostError extends MagliaError {
  readonly code = 'SESSION_LOST';
  readonly statusCode = UNAVAILABLE;
  /** Why it is gone: one of the reasons in docs/errors.md. */
  readonly reason: string;

  constructor(reason: string) {
    super(
      `the session was reset while the request was under way (${reason}), and what the request changed in it is lost; ` +
        "the visitor's next request begins a new one",
    );
    this.reason = reason;
  }
}

/** Other requests wrote the session each time that this one was about to; surely nothing was written. */
export class SessionBusyError extends MagliaError {
  readonly code = 'SESSION_BUSY';
  readonly statusCode = UNAVAILABLE;
}

/** The session's data is no JSON object, so that somebody else must have written it. */
export class SessionFormatError extends MagliaError {
  readonly code = 'SESSION_FORMAT';
  readonly statusCode = BROKEN;
}
