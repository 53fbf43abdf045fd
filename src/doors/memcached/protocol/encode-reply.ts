import { encodeBinary } from './binary/encode-binary.ts';
import { encodeMeta } from './meta/encode-meta.ts';
import type { MemcachedReply } from './reply.ts';
import type { ReplyShape } from './reply-shape.ts';
import { encodeText } from './text/encode-text.ts';

/**
 * A reply as the bytes to send, in order; none at all where the client asked for silence. Total: whatever the reply, it
 * is one well-formed answer, and it never throws. Values are passed on, not copied; the buffers must not be written to.
 */
export function encodeReply(shape: ReplyShape, reply: MemcachedReply): readonly Buffer[] {
  switch (shape.protocol) {
    case 'text':
      return encodeText(shape, reply);
    case 'meta':
      return encodeMeta(shape, reply);
    case 'binary':
      return encodeBinary(shape, reply);
  }
}
