import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALPHABET } from '../../../src/session/letter.ts';
import { MintedIds } from '../../../src/session/minted-ids.ts';
import { isMintedForm } from '../../../src/session/session-id.ts';
import { drawSessionId, IDS } from '../../support/minted-ids.ts';
import { letterOf } from './letters.ts';

const CHARACTERS = '0123456789abcdefghijklmnopqrstuvwxyz';

const DRAWN = 100_000;

describe('S4 ids: drawing', () => {
  const ids = Array.from({ length: DRAWN }, () => drawSessionId(letterOf('a')));

  test('an id is the letter and 26 characters of [0-9a-z], for every letter of the alphabet', () => {
    for (const letter of ALPHABET)
      expect(drawSessionId(letterOf(letter))).toMatch(new RegExp(`^${letter}[0-9a-z]{26}$`));
    expect(ids.every((id) => /^a[0-9a-z]{26}$/.test(id))).toBe(true);
  });

  test('100,000 drawn ids are all distinct', () => {
    expect(new Set(ids).size).toBe(DRAWN);
  });

  test('each of the 36 characters comes about equally often, at every place', () => {
    const counts = Array.from({ length: 26 }, () => new Map<string, number>());
    for (const id of ids) {
      counts.forEach((count, at) => {
        const character = id.charAt(at + 1);
        count.set(character, (count.get(character) ?? 0) + 1);
      });
    }
    // A fifth is more than ten standard deviations of a fair draw, and a biased alphabet (256 % 36) misses it at once.
    const expected = DRAWN / 36;
    for (const count of counts) {
      expect(count.size).toBe(36);
      for (const seen of count.values()) expect(Math.abs(seen - expected)).toBeLessThan(expected / 5);
    }
  });
});

describe('the check in an id', () => {
  const OTHER_SECRET = new MintedIds(Buffer.from('the secret of another mesh'));
  const NO_SECRET = new MintedIds(undefined);

  test('holds for every id that a node of this mesh drew, whatever its letter and whichever node asks', () => {
    const ofAnotherNode = new MintedIds(Buffer.from('the secret of the nodes under test'));
    for (const letter of ALPHABET) {
      const id = drawSessionId(letterOf(letter));
      expect(isMintedForm(id)).toBe(true);
      expect([IDS.isMinted(id), ofAnotherNode.isMinted(id)]).toEqual([true, true]);
    }
  });

  test('is the same in every release: what was minted before an upgrade is minted after it', () => {
    const known = new MintedIds(Buffer.from('5f'.repeat(32)));
    // HMAC-SHA256 over the first 23 characters, reckoned elsewhere.
    expect(known.isMinted('b0123456789abcdefghijklwjir')).toBe(true);
    expect(known.isMinted('b0123456789abcdefghijklwjis')).toBe(false);
  });

  test('fails where a single character is another one', () => {
    const id = drawSessionId(letterOf('k'));
    let passed = 0;
    for (let at = 0; at < id.length; at += 1) {
      for (const other of CHARACTERS) {
        if (other !== id[at] && IDS.isMinted(id.slice(0, at) + other + id.slice(at + 1))) passed += 1;
      }
    }
    // 945 ids, of which one in 1.7 million passes by chance.
    expect(passed).toBeLessThanOrEqual(1);
  });

  test('fails for what a visitor made up, but for one in 1.7 million', () => {
    const made = Array.from({ length: 20_000 }, (_, at) => `b${String(at).padStart(26, 'x')}`);
    expect(made.filter((id) => IDS.isMinted(id)).length).toBeLessThanOrEqual(2);
  });

  test('fails for what another mesh has minted, or one that has no secret', () => {
    const drawn = Array.from({ length: 1000 }, () => letterOf('a'));
    const passing = [OTHER_SECRET, NO_SECRET].flatMap((mesh) =>
      drawn.map((letter) => mesh.draw(letter)).filter((id) => IDS.isMinted(id)),
    );
    expect(passing.length).toBeLessThanOrEqual(1);
  });

  test('holds among the nodes of a mesh without a secret, which is one machine', () => {
    expect(new MintedIds(undefined).isMinted(NO_SECRET.draw(letterOf('a')))).toBe(true);
  });

  test('fails for any text that has not the form of an id', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(IDS.isMinted(text)).toBe(false);
      }),
      { seed: 23, numRuns: 300 },
    );
    const id = drawSessionId(letterOf('a'));
    for (const odd of [`${id}0`, id.slice(0, -1), id.slice(1), `${id}\n`, id.toUpperCase()]) {
      expect(IDS.isMinted(odd)).toBe(false);
    }
  });
});
