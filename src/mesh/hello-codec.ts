import type { Letter } from '../session/letter.ts';
import { HANDSHAKE_REFUSAL_CODES, HELLO_ANSWER_KINDS, PHASES } from './code-tables.ts';
import type { FieldReader } from './field-reader.ts';
import type { FieldWriter } from './field-writer.ts';
import { WIRE_VERSION, type Hello, type HelloAnswer, type Takes } from './message.ts';
import { commonVersion, hasRange, OUR_VERSIONS } from './wire-version.ts';

export function writeHello(writer: FieldWriter, hello: Hello): void {
  writer.u16(hello.wireVersion);
  writer.letter(hello.letter);
  writer.letter(hello.to);
  writer.text(hello.software);
  if (hasRange(hello.wireVersion)) writer.u16(hello.oldestWireVersion);
  writer.integer(hello.incarnation);
  writer.word(PHASES, hello.phase);
  writer.text(hello.mapDigest);
  if (hasRange(hello.wireVersion)) writer.optional(hello.takes, (takes) => writeTakes(writer, takes));
}

/**
 * The first four fields are the same in every version of the wire, so that a node can name whom it refuses for its version. Of
 * a hello from which we share no version only these are read. The fields of version 4 are those of every later version as well,
 * which may have more behind them: what a newer node says there is skipped.
 */
export function readHello(reader: FieldReader): Hello {
  const wireVersion = reader.u16();
  const letter = reader.letter();
  const to = reader.letter();
  const software = reader.text();
  const oldestWireVersion = hasRange(wireVersion) ? reader.u16() : wireVersion;
  const known = { wireVersion, oldestWireVersion, letter, to, software };
  if (commonVersion(OUR_VERSIONS, known) === undefined) return foreignHello(known);
  const hello: Hello = {
    ...known,
    incarnation: reader.incarnation(),
    phase: reader.word(PHASES),
    mapDigest: reader.text(),
  };
  const takes = hasRange(wireVersion) ? reader.optional(() => readTakes(reader)) : undefined;
  if (wireVersion <= WIRE_VERSION) reader.end();
  return takes === undefined ? hello : { ...hello, takes };
}

function foreignHello(
  known: Pick<Hello, 'wireVersion' | 'oldestWireVersion' | 'software'> & { letter: Letter; to: Letter },
): Hello {
  return { ...known, incarnation: 0, phase: 'joining', mapDigest: '' };
}

function writeTakes(writer: FieldWriter, { frameBytes, commands }: Takes): void {
  writer.u32(frameBytes);
  writer.u32(commands);
}

function readTakes(reader: FieldReader): Takes {
  return { frameBytes: reader.u32(), commands: reader.u32() };
}

/** The refusal's layout, too, is the same in every version. */
export function writeHelloAnswer(writer: FieldWriter, answer: HelloAnswer): void {
  writer.word(HELLO_ANSWER_KINDS, answer.kind);
  switch (answer.kind) {
    case 'welcome': {
      writeHello(writer, answer.hello);
      return;
    }
    case 'refused':
      writer.word(HANDSHAKE_REFUSAL_CODES, answer.refusal);
      {
        writer.longText(answer.explanation);
        return;
      }
  }
}

export function readHelloAnswer(reader: FieldReader): HelloAnswer {
  const kind = reader.word(HELLO_ANSWER_KINDS);
  switch (kind) {
    case 'welcome':
      return { kind, hello: readHello(reader) };
    case 'refused': {
      const refusal = reader.word(HANDSHAKE_REFUSAL_CODES);
      const explanation = reader.longText();
      reader.end();
      return { kind, refusal, explanation };
    }
  }
}
