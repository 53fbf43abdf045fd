/** What memcslap prints when it has run. */
export interface MemcslapReport {
  /** Answered as they should be. */
  readonly operations: number;
  readonly seconds: number;
}

/** @throws RangeError for what is no such report */
export function parseMemcslapReport(text: string): MemcslapReport {
  const [, operations, seconds] = /^Time to [gs]et\s+(\d+) keys by\s+\d+ threads:\s+([\d.]+) seconds/m.exec(text) ?? [];
  if (operations === undefined) throw new RangeError(`memcslap said something else: ${text.slice(-300)}`);
  return { operations: Number(operations), seconds: Number(seconds) };
}
