/** What memcaslap prints when it has run. */
export interface MemcaslapReport {
  readonly operations: number;
  readonly seconds: number;
  readonly misses: number;
}

/** @throws RangeError for what is no such report */
export function parseMemcaslapReport(text: string): MemcaslapReport {
  const number = (pattern: RegExp): number => {
    const found = pattern.exec(text)?.[1];
    if (found === undefined) throw new RangeError(`memcaslap said something else: ${text.slice(-300)}`);
    return Number(found);
  };
  return {
    operations: number(/\bOps: (\d+)/),
    seconds: number(/^Run time: ([\d.]+)s/m),
    misses: number(/^get_misses: (\d+)/m),
  };
}
