import { FrameTooLongError } from '../errors.ts';
import { CodeTable } from './code-table.ts';
import type { FieldWriter } from './field-writer.ts';

/*
 * A frame, big endian:
 *
 *    0 u32  length of all that follows
 *    4 u8   type
 *    5 u32  request number; 0 in the greeting
 *    9      fields, by type
 *
 * DESIGN.md beside this file has the fields of each.
 */

export type FrameType = 'hello' | 'hello-answer' | 'request' | 'answer' | 'no-answer';

/** Append only, like the tables of code-tables.ts. */
export const FRAME_TYPES = new CodeTable<FrameType>('frame type', {
  hello: 1,
  'hello-answer': 2,
  request: 3,
  answer: 4,
  /** the handler failed: nothing is known of what was done */
  'no-answer': 5,
});

export const LENGTH_BYTES = 4;

/** Type and request number. */
export const HEAD_BYTES = 5;

/** The longest frame before a connection is welcomed: a caller that nobody knows yet gets no more memory than this. */
export const GREETING_MAX_BYTES = 4096;

/** What a frame may hold beyond one session's payload: its record's envelope, and a node's history, many times over. */
export const FRAME_OVERHEAD_BYTES = 65_536;

/** The longest frame between nodes whose sessions have at most `sessionMaxBytes`. */
export function maxFrameBytes(sessionMaxBytes: number): number {
  return sessionMaxBytes + FRAME_OVERHEAD_BYTES;
}

/**
 * Adds a whole frame to what is to be sent, or nothing.
 *
 * @throws FrameTooLongError for a frame that is longer than the other side takes.
 * @throws FrameError for one that it could not read.
 */
export function writeFrame<Message>(
  writer: FieldWriter,
  type: FrameType,
  number: number,
  maxBytes: number,
  writeFields: (writer: FieldWriter, message: Message) => void,
  message: Message,
): void {
  const start = writer.length;
  try {
    writer.u32(0);
    writer.word(FRAME_TYPES, type);
    writer.u32(number);
    writeFields(writer, message);
    const length = writer.length - start - LENGTH_BYTES;
    if (length > maxBytes) {
      throw new FrameTooLongError(
        `a frame would have ${length} bytes; at most ${maxBytes} can be sent: give every node the same session.maxBytes`,
      );
    }
    writer.patchU32(start, length);
  } catch (error) {
    writer.truncate(start);
    throw error;
  }
}
