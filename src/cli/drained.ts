import type { Clock, Timer } from '../clock.ts';

export interface DrainingStream {
  readonly writable: boolean;
  readonly writableLength: number;
  write(text: string, done: () => void): unknown;
}

/**
 * Whether what was written before has left, as far as anybody is there to read it. A slow reader is waited for as long as it
 * reads; one that has taken nothing for `patienceMs` is not waited for any longer.
 */
export function drained(stream: DrainingStream, clock: Clock, patienceMs: number): Promise<boolean> {
  if (!stream.writable) return Promise.resolve(true);
  return new Promise((resolve) => {
    let timer: Timer | undefined;
    let before = stream.writableLength;
    const look = (): void => {
      const now = stream.writableLength;
      if (now === before) resolve(false);
      else timer = clock.after(patienceMs, look);
      before = now;
    };
    timer = clock.after(patienceMs, look);
    // Called also where it cannot be written any more: then there is nobody to wait for.
    stream.write('', () => {
      timer?.cancel();
      resolve(true);
    });
  });
}
