import type { EstateEntry } from '../session/estate-entry.ts';
import {
  ANSWER_KINDS,
  ENTRY_KINDS,
  HISTORY_VERDICTS,
  LIFE_VERDICTS,
  NO_ANSWER_REASONS,
  PHASES,
  RESET_REASON_CODES,
} from './code-tables.ts';
import { LONGEST_LIFE_MS, LONGEST_SPAN_MS, LONGEST_WAIT_MS } from './durations.ts';
import type { FieldReader } from './field-reader.ts';
import type { FieldWriter } from './field-writer.ts';
import type { LifeHistory, NoAnswerReason, OfferedEstate, PeerAnswer } from './message.ts';
import { readReply, writeReply } from './reply-codec.ts';
import { FIRST_WITH_REASONS } from './wire-version.ts';

export function writeAnswer(writer: FieldWriter, answer: PeerAnswer): void {
  writer.word(ANSWER_KINDS, answer.kind);
  switch (answer.kind) {
    case 'pong':
      writer.word(LIFE_VERDICTS, answer.verdict);
      writer.integer(answer.incarnation);
      {
        writer.word(PHASES, answer.phase);
        return;
      }
    case 'verdict':
      writer.flag(answer.agreed);
      writer.duration(answer.heardAgoMs);
      {
        writer.integer(answer.incarnation);
        return;
      }
    case 'history': {
      writeHistory(writer, answer.history);
      return;
    }
    case 'entries':
      writer.list(answer.entries, (entry) => writeEntry(writer, entry));
      writer.integer(answer.nextCursor);
      {
        writer.flag(answer.more);
        return;
      }
    case 'acknowledged': {
      writer.flag(answer.accepted);
      return;
    }
    case 'reply':
      writer.id(answer.id);
      writer.integer(answer.executorIncarnation);
      {
        writeReply(writer, answer.reply);
        return;
      }
  }
}

export function readAnswer(reader: FieldReader): PeerAnswer {
  const kind = reader.word(ANSWER_KINDS);
  switch (kind) {
    case 'pong':
      return {
        kind,
        verdict: reader.word(LIFE_VERDICTS),
        incarnation: reader.incarnation(),
        phase: reader.word(PHASES),
      };
    case 'verdict':
      return {
        kind,
        agreed: reader.flag(),
        heardAgoMs: reader.duration(LONGEST_SPAN_MS),
        incarnation: reader.incarnation(),
      };
    case 'history':
      return { kind, history: readHistory(reader) };
    case 'entries':
      return {
        kind,
        entries: reader.list(() => readEntry(reader)),
        nextCursor: reader.integer(),
        more: reader.flag(),
      };
    case 'acknowledged':
      return { kind, accepted: reader.flag() };
    case 'reply':
      return { kind, id: reader.id(), executorIncarnation: reader.incarnation(), reply: readReply(reader) };
  }
}

/** To an older node no reason can be told. */
export function writeNoAnswer(writer: FieldWriter, reason: NoAnswerReason): void {
  if (writer.version >= FIRST_WITH_REASONS) writer.word(NO_ANSWER_REASONS, reason);
}

export function readNoAnswer(reader: FieldReader): NoAnswerReason {
  return reader.version >= FIRST_WITH_REASONS ? reader.word(NO_ANSWER_REASONS) : 'failed';
}

function writeHistory(writer: FieldWriter, history: LifeHistory): void {
  writer.flag(history.isInformed);
  writer.integer(history.serving);
  writer.word(HISTORY_VERDICTS, history.verdict);
  writer.list(history.estates, (estate) => writeEstate(writer, estate));
  writer.integer(history.settled);
  writer.integer(history.recalls);
  writer.duration(history.notBeforeMs);
  writer.integer(history.highestIncarnation);
  writer.list(history.dead, (life) => {
    writer.letter(life.letter);
    writer.integer(life.incarnation);
  });
}

function readHistory(reader: FieldReader): LifeHistory {
  return {
    isInformed: reader.flag(),
    serving: reader.incarnation(),
    verdict: reader.word(HISTORY_VERDICTS),
    estates: reader.list(() => readEstate(reader)),
    settled: reader.incarnation(),
    recalls: reader.incarnation(),
    notBeforeMs: reader.duration(LONGEST_WAIT_MS),
    highestIncarnation: reader.incarnation(),
    dead: reader.list(() => ({ letter: reader.letter(), incarnation: reader.incarnation() })),
  };
}

function writeEstate(writer: FieldWriter, estate: OfferedEstate): void {
  writer.letter(estate.letter);
  writer.integer(estate.account);
  writer.integer(estate.life);
  writer.flag(estate.complete);
  writer.list(estate.gapsBy, (letter) => writer.letter(letter));
  writer.flag(estate.forgetsUnminted);
  writer.flag(estate.isClosed);
}

function readEstate(reader: FieldReader): OfferedEstate {
  return {
    letter: reader.letter(),
    account: reader.integer(),
    life: reader.incarnation(),
    complete: reader.flag(),
    gapsBy: reader.list(() => reader.letter()),
    forgetsUnminted: reader.flag(),
    isClosed: reader.flag(),
  };
}

function writeEntry(writer: FieldWriter, entry: EstateEntry): void {
  writer.word(ENTRY_KINDS, entry.kind);
  writer.id(entry.id);
  switch (entry.kind) {
    case 'reset':
      return;
    case 'succeeded':
      writer.id(entry.successor);
      writer.duration(entry.aliasMs);
      writer.flag(entry.isDestroyed === true);
      return;
    case 'kept':
      writer.duration(entry.lifeMs);
      {
        writer.bytes(entry.record);
        return;
      }
    case 'buried': {
      writer.word(RESET_REASON_CODES, entry.reason);
      return;
    }
  }
}

function readDestroyed(reader: FieldReader): { isDestroyed?: true } {
  return reader.flag() ? { isDestroyed: true } : {};
}

function readEntry(reader: FieldReader): EstateEntry {
  const kind = reader.word(ENTRY_KINDS);
  const id = reader.id();
  switch (kind) {
    case 'reset':
      return { kind, id };
    case 'succeeded':
      return { kind, id, successor: reader.id(), aliasMs: reader.duration(LONGEST_SPAN_MS), ...readDestroyed(reader) };
    case 'kept':
      return { kind, id, lifeMs: reader.duration(LONGEST_LIFE_MS), record: reader.bytes() };
    case 'buried':
      return { kind, id, reason: reader.word(RESET_REASON_CODES) };
  }
}
