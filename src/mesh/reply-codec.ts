import type { LockGrant, Reply } from '../session/reply.ts';
import { FAILURE_CODE_CODES, REFUSAL_CODE_CODES, REPLY_KINDS, RESET_REASON_CODES } from './code-tables.ts';
import { readContent, writeContent } from './command-codec.ts';
import { LONGEST_SPAN_MS } from './durations.ts';
import type { FieldReader } from './field-reader.ts';
import type { FieldWriter } from './field-writer.ts';
import { readItemAnswer, writeItemAnswer } from './item-codec.ts';

export function writeReply(writer: FieldWriter, reply: Reply): void {
  writer.word(REPLY_KINDS, reply.kind);
  switch (reply.kind) {
    case 'done':
      writer.id(reply.id);
      writer.integer(reply.version);
      writer.integer(reply.ttlSeconds);
      writer.optional(reply.content, (content) => writeContent(writer, content));
      {
        writeLock(writer, reply.lock);
        return;
      }
    case 'moved': {
      writer.id(reply.to);
      return;
    }
    case 'miss': {
      writer.word(RESET_REASON_CODES, reply.reason);
      return;
    }
    case 'answered':
      writeItemAnswer(writer, reply.answer);
      writeLock(writer, reply.lock);
      writer.flag(reply.reason !== undefined);
      if (reply.reason !== undefined) writer.word(RESET_REASON_CODES, reply.reason);
      return;
    case 'refused':
      writer.word(REFUSAL_CODE_CODES, reply.code);
      {
        writer.optional(reply.version, (version) => writer.integer(version));
        return;
      }
    case 'in-doubt':
    case 'unavailable': {
      writer.word(FAILURE_CODE_CODES, reply.code);
      return;
    }
  }
}

export function readReply(reader: FieldReader): Reply {
  const kind = reader.word(REPLY_KINDS);
  switch (kind) {
    case 'done': {
      const id = reader.id();
      const version = reader.integer();
      const ttlSeconds = reader.integer();
      const content = reader.optional(() => readContent(reader));
      const lock = readLock(reader);
      return { kind, id, version, ttlSeconds, ...(content && { content }), ...(lock && { lock }) };
    }
    case 'moved':
      return { kind, to: reader.id() };
    case 'miss':
      return { kind, reason: reader.word(RESET_REASON_CODES) };
    case 'answered': {
      const answer = readItemAnswer(reader);
      const lock = readLock(reader);
      const reason = reader.flag() ? reader.word(RESET_REASON_CODES) : undefined;
      if (lock === undefined && reason === undefined) return { kind, answer };
      return { kind, answer, ...(lock && { lock }), ...(reason && { reason }) };
    }
    case 'refused': {
      const code = reader.word(REFUSAL_CODE_CODES);
      const version = reader.optional(() => reader.integer());
      return { kind, code, ...(version !== undefined && { version }) };
    }
    case 'in-doubt':
    case 'unavailable':
      return { kind, code: reader.word(FAILURE_CODE_CODES) };
  }
}

function writeLock(writer: FieldWriter, grant: LockGrant | undefined): void {
  writer.flag(grant !== undefined);
  if (grant === undefined) return;
  writer.text(grant.token);
  writer.duration(grant.expiresInMs);
}

function readLock(reader: FieldReader): LockGrant | undefined {
  return reader.flag() ? { token: reader.text(), expiresInMs: reader.duration(LONGEST_SPAN_MS) } : undefined;
}
