import type { Content, LockRequest, SessionCommand } from '../session/command.ts';
import { COMMAND_KINDS } from './code-tables.ts';
import { LONGEST_SPAN_MS, LONGEST_WAIT_MS } from './durations.ts';
import type { FieldReader } from './field-reader.ts';
import type { FieldWriter } from './field-writer.ts';
import { readItemOperation, writeItemOperation } from './item-codec.ts';

export function writeCommand(writer: FieldWriter, command: SessionCommand): void {
  writer.word(COMMAND_KINDS, command.kind);
  writer.id(command.id);
  switch (command.kind) {
    case 'get':
    case 'destroy':
    case 'flush':
      return;
    case 'open': {
      writer.optional(command.lock, ({ waitMs, token }) => {
        writer.duration(waitMs);
        writeToken(writer, token);
      });
      return;
    }
    case 'put':
      writeContent(writer, command.content);
      writeInteger(writer, command.ttlSeconds);
      {
        writeInteger(writer, command.ifVersion);
        return;
      }
    case 'keep':
      writeContent(writer, command.content);
      {
        writeInteger(writer, command.ttlSeconds);
        return;
      }
    case 'patch':
      writer.bytes(command.patch);
      writeInteger(writer, command.ttlSeconds);
      {
        writeInteger(writer, command.ifVersion);
        return;
      }
    case 'touch': {
      writeInteger(writer, command.ttlSeconds);
      return;
    }
    case 'rotate': {
      writeInteger(writer, command.graceSeconds);
      return;
    }
    case 'unlock': {
      writer.text(command.token);
      return;
    }
    case 'succeed':
      writer.id(command.successor);
      {
        writer.optional(command.insteadOf, (id) => writer.id(id));
        return;
      }
    case 'item':
      writer.flag(command.isSession);
      writeItemOperation(writer, command.operation);
      return;
    case 'lock':
      writer.duration(command.waitMs);
      writer.duration(command.holdMs);
      writer.letter(command.holder);
      writeToken(writer, command.token);
      return;
  }
}

/** `content.payload`, `patch` and an item's `value` are views into the frame; FieldReader.bytes says what that means. */
export function readCommand(reader: FieldReader): SessionCommand {
  const kind = reader.word(COMMAND_KINDS);
  const id = reader.id();
  switch (kind) {
    case 'get':
    case 'destroy':
    case 'flush':
      return { kind, id };
    case 'open': {
      const lock = reader.optional(() => readLockRequest(reader));
      return { kind, id, ...(lock !== undefined && { lock }) };
    }
    case 'put':
      return { kind, id, content: readContent(reader), ...readTtl(reader), ...readCondition(reader) };
    case 'keep':
      return { kind, id, content: readContent(reader), ...readTtl(reader) };
    case 'patch':
      return { kind, id, patch: reader.bytes(), ...readTtl(reader), ...readCondition(reader) };
    case 'touch':
      return { kind, id, ...readTtl(reader) };
    case 'rotate': {
      const graceSeconds = readInteger(reader);
      return { kind, id, ...(graceSeconds !== undefined && { graceSeconds }) };
    }
    case 'unlock':
      return { kind, id, token: reader.text() };
    case 'succeed': {
      const successor = reader.id();
      const insteadOf = reader.optional(() => reader.id());
      return { kind, id, successor, ...(insteadOf !== undefined && { insteadOf }) };
    }
    case 'item':
      return { kind, id, isSession: reader.flag(), operation: readItemOperation(reader) };
    case 'lock':
      return {
        ...{
          kind,
          id,
          waitMs: reader.duration(LONGEST_WAIT_MS),
          holdMs: reader.duration(LONGEST_SPAN_MS),
          holder: reader.letter(),
        },
        ...readToken(reader),
      };
  }
}

export function writeContent(writer: FieldWriter, content: Content): void {
  writer.text(content.contentType);
  writer.u32(content.flags);
  writer.bytes(content.payload);
}

export function readContent(reader: FieldReader): Content {
  return { contentType: reader.text(), flags: reader.u32(), payload: reader.bytes() };
}

function writeInteger(writer: FieldWriter, value: number | undefined): void {
  writer.optional(value, (present) => writer.integer(present));
}

function readInteger(reader: FieldReader): number | undefined {
  return reader.optional(() => reader.integer());
}

function readLockRequest(reader: FieldReader): LockRequest {
  return { waitMs: reader.duration(LONGEST_WAIT_MS), ...readToken(reader) };
}

function writeToken(writer: FieldWriter, token: string | undefined): void {
  writer.optional(token, (chosen) => writer.text(chosen));
}

function readToken(reader: FieldReader): { token?: string } {
  const token = reader.optional(() => reader.text());
  return token === undefined ? {} : { token };
}

function readTtl(reader: FieldReader): { ttlSeconds?: number } {
  const ttlSeconds = readInteger(reader);
  return ttlSeconds === undefined ? {} : { ttlSeconds };
}

function readCondition(reader: FieldReader): { ifVersion?: number } {
  const ifVersion = readInteger(reader);
  return ifVersion === undefined ? {} : { ifVersion };
}
