import { isMintedForm, shortenId } from './session-id.ts';

/** Takes every session id out of a text (S9): error messages may carry one. */
export function withoutIds(text: string): string {
  return text.replace(/[0-9a-zA-Z]{27,}/g, (word) => (isMintedForm(word) ? shortenId(word) : word));
}

export interface LoggableError {
  readonly type: string;
  readonly message: string;
  readonly stack: string;
}

/** An error as the log may have it, its causes included in the stack. */
export function loggable(error: unknown): LoggableError {
  if (!(error instanceof Error)) return { type: typeof error, message: withoutIds(String(error)), stack: '' };
  const stack = causesOf(error).map((cause) => cause.stack ?? cause.message);
  return { type: error.name, message: withoutIds(error.message), stack: withoutIds(stack.join('\ncaused by: ')) };
}

/**
 * For the log's field `err`, in place of pino's own: what is `loggable` already stays as it is. pino's takes it for an error of the
 * type "Object".
 */
export const ERROR_SERIALIZER = {
  err: (error: unknown): unknown => (error instanceof Error ? loggable(error) : error),
} as const;

const MAX_CAUSES = 5;

function causesOf(error: Error): Error[] {
  const chain = [error];
  for (let { cause } = error; cause instanceof Error && chain.length < MAX_CAUSES; { cause } = cause) chain.push(cause);
  return chain;
}
