import type { ItemAnswer, ItemOperation } from '../session/item-operation.ts';
import {
  ARITHMETIC_DIRECTIONS,
  ITEM_ANSWER_KINDS,
  ITEM_OPERATION_KINDS,
  RECACHE_WORDS,
  STORE_MODES,
} from './code-tables.ts';
import type { FieldReader } from './field-reader.ts';
import type { FieldWriter } from './field-writer.ts';

/*
 * What memcached clients ask, and what they are told. Lives may be -1 ("over already"), so they travel one higher. A cas
 * is a version of ours or nothing that we know: one above 2^53-1 travels as that, which equals none of ours either.
 */

export function writeItemOperation(writer: FieldWriter, operation: ItemOperation): void {
  writer.word(ITEM_OPERATION_KINDS, operation.kind);
  switch (operation.kind) {
    case 'read':
      writeOptionalLife(writer, operation.touchSeconds);
      writeOptionalLife(writer, operation.vivifySeconds);
      writeOptionalLife(writer, operation.recacheBelowSeconds);
      writer.flag(operation.canWin);
      writer.flag(operation.isPeek);
      return;
    case 'store':
      writer.word(STORE_MODES, operation.mode);
      writer.u32(operation.flags);
      writeLife(writer, operation.lifeSeconds);
      writeOptionalCas(writer, operation.cas);
      writer.flag(operation.isInvalidating);
      writeOptionalInteger(writer, operation.seen);
      writer.bytes(operation.value);
      return;
    case 'delete':
      writeOptionalCas(writer, operation.cas);
      return;
    case 'mark-stale':
      writeOptionalCas(writer, operation.cas);
      writeOptionalLife(writer, operation.lifeSeconds);
      return;
    case 'arithmetic':
      writer.word(ARITHMETIC_DIRECTIONS, operation.direction);
      writer.u64(operation.delta);
      writer.optional(operation.initial, ({ value, lifeSeconds }) => {
        writer.u64(value);
        writeLife(writer, lifeSeconds);
      });
      writeOptionalLife(writer, operation.touchSeconds);
      writeOptionalCas(writer, operation.cas);
      return;
    case 'touch':
      writeLife(writer, operation.lifeSeconds);
      return;
    case 'inspect':
    case 'probe':
      return;
  }
}

/** `value` is a view into the frame; FieldReader.bytes says what that means. */
export function readItemOperation(reader: FieldReader): ItemOperation {
  const kind = reader.word(ITEM_OPERATION_KINDS);
  switch (kind) {
    case 'read': {
      const touchSeconds = readOptionalLife(reader);
      const vivifySeconds = readOptionalLife(reader);
      const recacheBelowSeconds = readOptionalLife(reader);
      const canWin = reader.flag();
      const isPeek = reader.flag();
      if (touchSeconds === undefined && vivifySeconds === undefined && recacheBelowSeconds === undefined) {
        return { kind, canWin, isPeek };
      }
      return {
        kind,
        ...(touchSeconds !== undefined && { touchSeconds }),
        ...(vivifySeconds !== undefined && { vivifySeconds }),
        ...(recacheBelowSeconds !== undefined && { recacheBelowSeconds }),
        canWin,
        isPeek,
      };
    }
    case 'store': {
      const mode = reader.word(STORE_MODES);
      const flags = reader.u32();
      const lifeSeconds = readLife(reader);
      const cas = readOptionalInteger(reader);
      const isInvalidating = reader.flag();
      const seen = readOptionalInteger(reader);
      const store = { kind, mode, flags, lifeSeconds, isInvalidating, value: reader.bytes() };
      if (cas === undefined && seen === undefined) return store;
      return { ...store, ...(cas !== undefined && { cas }), ...(seen !== undefined && { seen }) };
    }
    case 'delete':
      return { kind, ...readOptionalCas(reader) };
    case 'mark-stale': {
      const condition = readOptionalCas(reader);
      const lifeSeconds = readOptionalLife(reader);
      return { kind, ...condition, ...(lifeSeconds !== undefined && { lifeSeconds }) };
    }
    case 'arithmetic': {
      const direction = reader.word(ARITHMETIC_DIRECTIONS);
      const delta = reader.u64();
      const initial = reader.optional(() => ({ value: reader.u64(), lifeSeconds: readLife(reader) }));
      const touchSeconds = readOptionalLife(reader);
      return {
        kind,
        direction,
        delta,
        ...(initial !== undefined && { initial }),
        ...(touchSeconds !== undefined && { touchSeconds }),
        ...readOptionalCas(reader),
      };
    }
    case 'touch':
      return { kind, lifeSeconds: readLife(reader) };
    case 'inspect':
    case 'probe':
      return { kind };
  }
}

export function writeItemAnswer(writer: FieldWriter, answer: ItemAnswer): void {
  writer.word(ITEM_ANSWER_KINDS, answer.kind);
  switch (answer.kind) {
    case 'hit':
      writer.bytes(answer.value);
      writer.u32(answer.flags);
      writer.integer(answer.cas);
      writer.integer(answer.ttlSeconds);
      writer.integer(answer.lastAccessSeconds);
      writer.flag(answer.wasFetched);
      writer.flag(answer.isStale);
      writer.optional(answer.recache, (recache) => writer.word(RECACHE_WORDS, recache));
      return;
    case 'stored':
      writer.integer(answer.cas);
      return;
    case 'touched':
      writer.u32(answer.flags);
      writer.integer(answer.cas);
      return;
    case 'number':
      writer.u64(answer.value);
      writer.integer(answer.cas);
      writer.integer(answer.ttlSeconds);
      writer.flag(answer.isCreated);
      return;
    case 'miss':
      writeOptionalInteger(writer, answer.grave);
      return;
    case 'not-stored':
    case 'exists':
    case 'not-found':
    case 'deleted':
    case 'non-numeric':
    case 'ok':
      return;
  }
}

/** `value` is a view into the frame; FieldReader.bytes says what that means. */
export function readItemAnswer(reader: FieldReader): ItemAnswer {
  const kind = reader.word(ITEM_ANSWER_KINDS);
  switch (kind) {
    case 'hit': {
      const hit = {
        kind,
        value: reader.bytes(),
        flags: reader.u32(),
        cas: reader.integer(),
        ttlSeconds: reader.integer(),
        lastAccessSeconds: reader.integer(),
        wasFetched: reader.flag(),
        isStale: reader.flag(),
      };
      const recache = reader.optional(() => reader.word(RECACHE_WORDS));
      return recache === undefined ? hit : { ...hit, recache };
    }
    case 'stored':
      return { kind, cas: reader.integer() };
    case 'touched':
      return { kind, flags: reader.u32(), cas: reader.integer() };
    case 'number':
      return {
        kind,
        value: reader.u64(),
        cas: reader.integer(),
        ttlSeconds: reader.integer(),
        isCreated: reader.flag(),
      };
    case 'miss':
      return { kind, ...readGrave(reader) };
    case 'not-stored':
    case 'exists':
    case 'not-found':
    case 'deleted':
    case 'non-numeric':
    case 'ok':
      return { kind };
  }
}

function readGrave(reader: FieldReader): { grave?: number } {
  const grave = readOptionalInteger(reader);
  return grave === undefined ? {} : { grave };
}

function writeLife(writer: FieldWriter, seconds: number): void {
  writer.integer(seconds + 1);
}

function readLife(reader: FieldReader): number {
  return reader.integer() - 1;
}

function writeOptionalLife(writer: FieldWriter, seconds: number | undefined): void {
  writer.flag(seconds !== undefined);
  if (seconds !== undefined) writeLife(writer, seconds);
}

function readOptionalLife(reader: FieldReader): number | undefined {
  return reader.flag() ? readLife(reader) : undefined;
}

function writeOptionalInteger(writer: FieldWriter, value: number | undefined): void {
  writer.flag(value !== undefined);
  if (value !== undefined) writer.integer(value);
}

function readOptionalInteger(reader: FieldReader): number | undefined {
  return reader.flag() ? reader.integer() : undefined;
}

function writeOptionalCas(writer: FieldWriter, cas: number | undefined): void {
  writeOptionalInteger(writer, cas === undefined ? undefined : Math.min(cas, Number.MAX_SAFE_INTEGER));
}

function readOptionalCas(reader: FieldReader): { cas?: number } {
  const cas = readOptionalInteger(reader);
  return cas === undefined ? {} : { cas };
}
