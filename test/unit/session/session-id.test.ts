import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALPHABET } from '../../../src/session/letter.ts';
import { isKeyForm, isMintedForm, ownerLetter, shortenId, MintedIds } from '../../../src/session/session-id.ts';
import { drawSessionId, IDS } from '../../support/minted-ids.ts';
import { letterOf, mapOf } from './letters.ts';

describe('S4 ids: form', () => {
  const minted = 'k0123456789abcdefghijklmnop';

  test('what was drawn has the form of a minted id, and the form of a key', () => {
    expect(isMintedForm(minted)).toBe(true);
    expect(isMintedForm(drawSessionId(letterOf('Z')))).toBe(true);
    expect(isKeyForm(minted)).toBe(true);
  });

  test('one character more, less or of another alphabet is no minted id', () => {
    const others = [
      '',
      'k',
      minted.slice(0, -1),
      `${minted}0`,
      `${minted}\n`,
      `-${minted.slice(1)}`,
      `é${minted.slice(1)}`,
    ];
    for (const text of others) expect(isMintedForm(text)).toBe(false);
    for (let at = 1; at < minted.length; at += 1) {
      for (const odd of ['A', '-', ' ', '\u0000', 'é', '٣']) {
        expect(isMintedForm(minted.slice(0, at) + odd + minted.slice(at + 1))).toBe(false);
      }
    }
  });

  test('a key is 1 to 250 printable ASCII characters without space', () => {
    for (const key of ['!', '~', 'sess:abc', 'x'.repeat(250)]) expect(isKeyForm(key)).toBe(true);
    for (const key of ['', 'x'.repeat(251), 'a b', 'a\tb', 'a\n', '\u0000', '\u007f', 'é', '日本']) {
      expect(isKeyForm(key)).toBe(false);
    }
  });
});

describe('the owner of an id', () => {
  const map = mapOf('abc');
  const foreignIds = Array.from({ length: 9000 }, (_, at) => `_sess:${at}`);

  test('is the letter that it begins with, where that is mapped', () => {
    for (const letter of map.letters) {
      expect(ownerLetter(drawSessionId(letter), map)).toBe(letter);
      expect(ownerLetter(letter, map)).toBe(letter);
    }
  });

  test('is always a letter of the map, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (id) => {
        expect(map.letters).toContain(ownerLetter(id, map));
      }),
      { seed: 21, numRuns: 300 },
    );
  });

  test('of a foreign id is the same at every asking and on every node', () => {
    const other = mapOf('cab');
    for (const id of foreignIds.slice(0, 500)) expect(ownerLetter(id, other)).toBe(ownerLetter(id, map));
    // The rule itself is an agreement between nodes of different versions: these answers may never change.
    const known = ['_sess:0', '_sess:1', '_sess:2', '-', 'zebra', '9lives', '_sess:3', '_sess:4'].map((id) =>
      ownerLetter(id, map),
    );
    expect(known.join('')).toBe('accaacbb');
  });

  test('of foreign ids is spread evenly over the nodes', () => {
    const counts = new Map<string, number>();
    for (const id of foreignIds) {
      const owner = ownerLetter(id, map);
      counts.set(owner, (counts.get(owner) ?? 0) + 1);
    }
    // 3000 each, with a standard deviation of 45.
    for (const letter of map.letters) expect(Math.abs((counts.get(letter) ?? 0) - 3000)).toBeLessThan(300);
  });

  test('of foreign ids is spread evenly however many letters there are, and whatever the ids have in common', () => {
    const forms = [
      (at: number) => `${at}`,
      (at: number) => `_k${at * 64}`,
      (at: number) => `:1:cache.${'x'.repeat(200)}${at}`,
    ];
    for (const letters of ['AB', 'abcdefghi', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ']) {
      const many = mapOf(letters);
      for (const form of forms) {
        const counts = new Map<string, number>(many.letters.map((letter) => [letter, 0]));
        const drawn = letters.length * 2000;
        for (let at = 0; at < drawn; at += 1) {
          // Digits begin no letter of these maps.
          const owner = ownerLetter(form(at), many);
          counts.set(owner, (counts.get(owner) ?? 0) + 1);
        }
        // 2000 each, with a standard deviation of 45.
        for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(300);
      }
    }
  });

  test('of foreign ids changes only for those of a letter that is taken away', () => {
    const fewer = mapOf('ab');
    const moved = foreignIds.filter((id) => ownerLetter(id, fewer) !== ownerLetter(id, map));
    expect(moved).toEqual(foreignIds.filter((id) => ownerLetter(id, map) === 'c'));
    const arrivedAt = new Set(moved.map((id) => ownerLetter(id, fewer)));
    expect([...arrivedAt].sort()).toEqual(['a', 'b']);
  });

  test('of foreign ids changes only towards a letter that is added', () => {
    const more = mapOf('abcd');
    const arrivedAt = new Set(
      foreignIds.filter((id) => ownerLetter(id, more) !== ownerLetter(id, map)).map((id) => ownerLetter(id, more)),
    );
    expect([...arrivedAt]).toEqual(['d']);
  });
});

describe('S9 explained, not exposed: a shortened id', () => {
  test('shows the letter and four characters of a minted id', () => {
    expect(shortenId('k0123456789abcdefghijklmnop')).toBe('k0123…');
  });

  test('never shows more than that, nor the whole of a short id, of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (id) => {
        const short = shortenId(id);
        expect(short.endsWith('…')).toBe(true);
        const shown = short.slice(0, -1);
        expect(shown.length).toBeLessThanOrEqual(5);
        expect(id.startsWith(shown)).toBe(true);
        if (id.length > 1) expect(shown.length).toBeLessThan(id.length);
      }),
      { seed: 22, numRuns: 500 },
    );
  });
});

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
