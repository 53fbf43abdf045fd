import pRetry from 'p-retry';

/**
 * Asks again and again whether it is so, for `withinMs` at most; resolves to whether it became so.
 *
 * p-retry's timers, unlike the Clock's, keep the process alive: at start and at stop nothing else may.
 */
export async function becomesTrue(
  isSo: () => boolean | Promise<boolean>,
  { everyMs, withinMs }: { readonly everyMs: number; readonly withinMs: number },
): Promise<boolean> {
  const attempt = async (): Promise<true> => {
    if (await isSo()) return true;
    throw new NotYet();
  };
  try {
    return await pRetry(attempt, { retries: Infinity, minTimeout: everyMs, factor: 1, maxRetryTime: withinMs });
  } catch (error) {
    if (error instanceof NotYet) return false;
    throw error;
  }
}

class NotYet extends Error {}
