import type { Clock } from '../clock.ts';

/** Whether `promise` settles well within this long; one that rejects does so here too. */
export async function isSettledWithin(clock: Clock, ms: number, promise: Promise<unknown>): Promise<boolean> {
  let cancel = (): void => undefined;
  const tooLate = new Promise<false>((resolve) => {
    const timer = clock.after(ms, () => resolve(false));
    cancel = () => timer.cancel();
  });
  try {
    return await Promise.race([promise.then(() => true), tooLate]);
  } finally {
    cancel();
  }
}
