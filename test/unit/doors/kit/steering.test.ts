import { describe, expect, test } from 'vitest';
import { Steering, type Ownership } from '../../../../src/doors/kit/steering.ts';
import { LetterMap } from '../../../../src/session/letter.ts';
import { ownerLetter } from '../../../../src/session/session-id.ts';
import { letter } from '../../../support/mesh-messages.ts';

function ownership(own: string, letters = 'abc'): Ownership {
  const map = new LetterMap(new Map(letters.split('').map((each) => [letter(each), { host: each, port: 1 }])));
  return { letter: letter(own), isAlone: letters.length === 1, ownerOf: (id) => ownerLetter(id, map) };
}

/** Ids of 32 characters, in a row that is the same each time. */
function* draw(alphabet: string, length = 32): Generator<string> {
  let state = 12345;
  for (;;) {
    let id = '';
    while (id.length < length) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      id += alphabet.charAt((state >>> 16) % alphabet.length);
    }
    yield id;
  }
}

/** Ids that are never b's. */
function* drawForeign(): Generator<string> {
  for (let drawn = 0; ; drawn += 1) yield `a${String(drawn).padStart(31, '0')}`;
}

const HEX = '0123456789abcdef';
const BASE36 = '0123456789abcdefghijklmnopqrstuvwxyz';

/** What a client ends with that draws until it is let in, and how often it drew. */
function create(steering: Steering, ids: Iterator<string>, isPlaceholder = false): { id: string; draws: number } {
  for (let draws = 1; ; draws += 1) {
    const id = String(ids.next().value);
    if (!steering.refuses(id, isPlaceholder)) return { id, draws };
  }
}

describe('a client that draws until it is let in', () => {
  test('ends with an id that begins with the local letter', () => {
    const steering = new Steering(ownership('b'));
    const ids = draw(BASE36);
    const created = Array.from({ length: 300 }, () => create(steering, ids));
    expect(created.filter(({ id }) => !id.startsWith('b'))).toEqual([]);
  });

  test('ends with a local id where its alphabet does not have the letter', () => {
    const own = ownership('z', 'az');
    const ids = draw(HEX);
    const steering = new Steering(own);
    const created = Array.from({ length: 100 }, () => create(steering, ids));
    expect(created.every(({ id }) => own.ownerOf(id) === 'z')).toBe(true);
    expect(Math.max(...created.map(({ draws }) => draws))).toBeLessThan(30);
  });

  test('whose keys are digests gets any local one: its cookie has another letter anyway', () => {
    const own = ownership('b');
    const steering = new Steering(own);
    const ids = draw(HEX, 64);
    const created = Array.from({ length: 100 }, () => create(steering, ids));
    expect(created.every(({ id }) => own.ownerOf(id) === 'b')).toBe(true);
    expect(created.some(({ id }) => !id.startsWith('b'))).toBe(true);
  });

  test('is let in after a thousand draws, whatever it draws', () => {
    const steering = new Steering(ownership('b'));
    const ids = drawForeign();
    expect([create(steering, ids).draws, create(steering, ids).draws]).toEqual([1001, 1001]);
  });
});

describe('a client that reserves its id with a placeholder', () => {
  test('is never refused three times in a row', () => {
    const steering = new Steering(ownership('b', 'abcdefghij'));
    const ids = draw(HEX);
    const draws = Array.from({ length: 500 }, () => create(steering, ids, true).draws);
    expect(Math.max(...draws)).toBe(3);
  });

  test('gets a local id in most cases, of three hosts and of two', () => {
    for (const [letters, least] of [
      ['abc', 0.65],
      ['ab', 0.83],
    ] as const) {
      const own = ownership('b', letters);
      const steering = new Steering(own);
      const ids = draw(HEX);
      const created = Array.from({ length: 2000 }, () => create(steering, ids, true));
      const local = created.filter(({ id }) => own.ownerOf(id) === 'b').length / created.length;
      expect(local).toBeGreaterThan(least);
    }
  });

  test('is content with an id that is local by its hash', () => {
    const own = ownership('b');
    const ids = draw(HEX);
    let id = String(ids.next().value);
    while (own.ownerOf(id) !== 'b' || id.startsWith('b')) id = String(ids.next().value);
    expect(new Steering(own).refuses(id, true)).toBe(false);
    expect(new Steering(own).refuses(id, false)).toBe(true);
  });
});

describe('who is not steered', () => {
  const foreign = `a${'0'.repeat(31)}`;

  test('a client that comes again with the same id: it does not draw', () => {
    const steering = new Steering(ownership('b'));
    expect([steering.refuses(foreign, false), steering.refuses(foreign, false)]).toEqual([true, false]);
  });

  test('an id that was not drawn: too short, or with other characters', () => {
    const steering = new Steering(ownership('b'));
    for (const id of ['a', 'a'.repeat(21), `a:${'0'.repeat(30)}`, `a/${'0'.repeat(30)}`]) {
      expect(steering.refuses(id, false)).toBe(false);
    }
    expect(steering.refuses('a'.repeat(22), false)).toBe(true);
  });

  test('anybody, where a node is alone in its map', () => {
    const steering = new Steering(ownership('b', 'b'));
    expect([foreign, `z${'0'.repeat(31)}`].map((id) => steering.refuses(id, false))).toEqual([false, false]);
  });
});
