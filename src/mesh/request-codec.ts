import { readCommand, writeCommand } from './command-codec.ts';
import { EVIDENCE, REQUEST_KINDS, ROUTES } from './code-tables.ts';
import { LONGEST_WAIT_MS } from './durations.ts';
import type { FieldReader } from './field-reader.ts';
import type { FieldWriter } from './field-writer.ts';
import type { PeerRequest } from './message.ts';

export function writeRequest(writer: FieldWriter, request: PeerRequest): void {
  writer.word(REQUEST_KINDS, request.kind);
  writer.integer(request.incarnation);
  switch (request.kind) {
    case 'ping':
    case 'hold':
    case 'release':
    case 'goodbye':
      return;
    case 'accuse':
      writer.letter(request.letter);
      {
        writer.word(EVIDENCE, request.evidence);
        writer.flag(request.isPoll);
        return;
      }
    case 'join': {
      writer.integer(request.priorIncarnation);
      writer.integer(request.settled);
      return;
    }
    case 'collect':
      writer.letter(request.letter);
      {
        writer.integer(request.account);
        writer.integer(request.cursor);
        return;
      }
    case 'pause': {
      writer.duration(request.forMs);
      return;
    }
    case 'execute':
      writer.word(ROUTES, request.route);
      writer.letter(request.owner);
      writer.duration(request.budgetMs);
      {
        writeCommand(writer, request.command);
        return;
      }
  }
}

export function readRequest(reader: FieldReader): PeerRequest {
  const kind = reader.word(REQUEST_KINDS);
  const incarnation = reader.incarnation();
  switch (kind) {
    case 'ping':
    case 'hold':
    case 'release':
    case 'goodbye':
      return { kind, incarnation };
    case 'accuse':
      return {
        ...{ kind, incarnation, letter: reader.letter() },
        ...{ evidence: reader.word(EVIDENCE), isPoll: reader.flag() },
      };
    case 'join':
      return { kind, incarnation, priorIncarnation: reader.incarnation(), settled: reader.incarnation() };
    case 'collect':
      return { kind, incarnation, letter: reader.letter(), account: reader.integer(), cursor: reader.integer() };
    case 'pause':
      return { kind, incarnation, forMs: reader.duration(LONGEST_WAIT_MS) };
    case 'execute':
      return {
        kind,
        incarnation,
        route: reader.word(ROUTES),
        owner: reader.letter(),
        budgetMs: reader.duration(LONGEST_WAIT_MS),
        command: readCommand(reader),
      };
  }
}
