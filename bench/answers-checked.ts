/** So few of all operations may go wrong before a run is thrown out: none would let one stall of the machine end it all. */
const WRONG_AT_MOST = 0.0001;

export interface Answers {
  readonly operations: number;
  readonly misses: number;
  readonly errors: number;
  readonly firstError?: string;
}

/** A run whose answers were wrong measures nothing. */
export class WrongAnswersError extends Error {
  override readonly name = 'WrongAnswersError';
}

/** @throws WrongAnswersError when too many answers were wrong, or nothing was answered at all */
export function requireRight(what: string, { operations, misses, errors, firstError }: Answers): void {
  if (operations === 0) throw new WrongAnswersError(`${what}: nothing was answered (${firstError ?? 'no error'})`);
  if (misses + errors <= operations * WRONG_AT_MOST) return;
  const first = firstError === undefined ? '' : `; the first error: ${firstError}`;
  throw new WrongAnswersError(`${what}: of ${operations} operations ${misses} missed and ${errors} failed${first}`);
}
