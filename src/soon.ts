/**
 * What is known at once, or will be. On a request's way a promise costs more than the work itself, so a function that knows the
 * answer returns it as it is; `await` takes both.
 */
export type Soon<T> = T | Promise<T>;

/** Goes on with a value: at once where it is known. What `next` throws then is thrown here, else it rejects. */
export function whenKnown<T, U>(value: Soon<T>, next: (value: T) => Soon<U>): Soon<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
