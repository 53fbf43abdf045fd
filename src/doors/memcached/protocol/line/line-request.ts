import type { MemcachedCommand, MemcachedRead, MemcachedStore } from '../command.ts';
import type { ProtocolLimits } from '../limits.ts';
import { clientError, type ErrorReply } from '../reply.ts';
import { LINE, type ReplyShape, type ValuesShape } from '../reply-shape.ts';

/** What a command line asks for. */
export type LineRequest =
  | { readonly kind: 'command'; readonly command: MemcachedCommand; readonly shape: ReplyShape }
  | { readonly kind: 'reads'; readonly reads: readonly MemcachedRead[]; readonly shape: ValuesShape }
  /** The value follows, and its line end. */
  | {
      readonly kind: 'store';
      readonly store: StoreHead;
      readonly valueBytes: number;
      readonly shape: ReplyShape;
    }
  /** A store that is too large; its value and its line end follow and are to be dropped. */
  | { readonly kind: 'oversized'; readonly key: string; readonly shape: ReplyShape; readonly valueBytes: number }
  /** Refused; where `valueBytes` says so, a value and its line end follow and are to be dropped. */
  | {
      readonly kind: 'refused';
      readonly reply: ErrorReply;
      readonly shape: ReplyShape;
      readonly valueBytes: number | undefined;
    }
  /** Refused, and it is not sure where the next line begins. */
  | { readonly kind: 'fatal'; readonly reply: ErrorReply; readonly shape: ReplyShape };

export type StoreHead = Omit<MemcachedStore, 'value'>;

/** Reads the words of a command line, the command among them. Pure; never throws. */
export type LineParser = (words: readonly string[], limits: ProtocolLimits) => LineRequest;

export const BAD_FORMAT = clientError('bad command line format');
export const INVALID_EXPTIME = clientError('invalid exptime argument');

export function command(command: MemcachedCommand, shape: ReplyShape): LineRequest {
  return { kind: 'command', command, shape };
}

export function refused(reply: ErrorReply, shape: ReplyShape = LINE): LineRequest {
  return { kind: 'refused', reply, shape, valueBytes: undefined };
}

export function refusedWithValue(reply: ErrorReply, valueBytes: number, shape: ReplyShape = LINE): LineRequest {
  return { kind: 'refused', reply, shape, valueBytes };
}

export function oversized(key: string, valueBytes: number, shape: ReplyShape = LINE): LineRequest {
  return { kind: 'oversized', key, shape, valueBytes };
}

export function fatal(reply: ErrorReply, shape: ReplyShape = LINE): LineRequest {
  return { kind: 'fatal', reply, shape };
}
