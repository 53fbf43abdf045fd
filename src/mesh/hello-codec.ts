import type { Letter } from '../session/letter.ts';
import { HANDSHAKE_REFUSAL_CODES, HELLO_ANSWER_KINDS, PHASES } from './code-tables.ts';
import type { FieldReader } from './field-reader.ts';
import type { FieldWriter } from './field-writer.ts';
import { WIRE_VERSION, type Hello, type HelloAnswer } from './message.ts';

export function writeHello(writer: FieldWriter, hello: Hello): void {
  writer.u16(hello.wireVersion);
  writer.letter(hello.letter);
  writer.letter(hello.to);
  writer.text(hello.software);
  writer.integer(hello.incarnation);
  writer.word(PHASES, hello.phase);
  writer.text(hello.mapDigest);
}

/**
 * The first four fields never change in any version of the wire, so that a node can name whom it refuses for
 * its version. Of another version's hello only these are read.
 */
export function readHello(reader: FieldReader): Hello {
  const wireVersion = reader.u16();
  const letter = reader.letter();
  const to = reader.letter();
  const software = reader.text();
  if (wireVersion !== WIRE_VERSION) return foreignHello({ wireVersion, letter, to, software });
  const hello: Hello = {
    wireVersion,
    letter,
    to,
    software,
    incarnation: reader.incarnation(),
    phase: reader.word(PHASES),
    mapDigest: reader.text(),
  };
  reader.end();
  return hello;
}

function foreignHello(known: { wireVersion: number; letter: Letter; to: Letter; software: string }): Hello {
  return { ...known, incarnation: 0, phase: 'joining', mapDigest: '' };
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
