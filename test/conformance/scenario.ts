/** A conversation of one client with a fresh server: each step is sent when the one before was answered. */
export interface Scenario {
  readonly name: string;
  /** Bytes; a string has one character for each. */
  readonly steps: readonly (string | Buffer)[];
}

/** What came back for a step: bytes, one character each, and whether the connection was closed then. */
export interface Answer {
  readonly bytes: string;
  readonly closes: boolean;
}

/** A scenario with the answers of the real memcached 1.6.18. */
export interface Transcript {
  readonly name: string;
  readonly steps: readonly { readonly send: Buffer; readonly answer: Answer }[];
}

export function bytesOf(step: string | Buffer): Buffer {
  return typeof step === 'string' ? Buffer.from(step, 'latin1') : step;
}
