/**
 * Waits until `look` sees something, looking again every few milliseconds.
 *
 * @throws Error naming `what` when it has not been seen within `withinMs`.
 */
export async function until<T>(what: string, look: () => T | Promise<T>, withinMs = 10_000): Promise<NonNullable<T>> {
  const givesUpAt = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== false && seen !== undefined && seen !== null) return seen;
    if (performance.now() > givesUpAt) throw new Error(`did not come within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
