import { describe, expect, test } from 'vitest';
import type { MemberState } from '../../../src/membership/member-state.ts';
import { place, placeLetter, type MeshSight, type Placement } from '../../../src/routing/placement.ts';
import type { Letter } from '../../../src/session/letter.ts';
import { drawSessionId } from '../../support/minted-ids.ts';
import { letterOf, mapOf } from '../session/letters.ts';

type Kind = MemberState['kind'];

const KINDS: readonly Kind[] = ['alive', 'suspect', 'dead', 'left', 'returning'];
const [a, b, c] = [letterOf('a'), letterOf('b'), letterOf('c')];

/** A state with an incarnation that tells whose it is. */
function stateOf(letter: Letter, kind: Kind): MemberState {
  const incarnation = letter.charCodeAt(0);
  switch (kind) {
    case 'suspect':
      return { kind, incarnation, answers: 0, pausedUntil: 0 };
    case 'returning':
      return { kind, incarnation, former: { kind: 'dead', incarnation: incarnation - 1 } };
    case 'alive':
    case 'dead':
    case 'left':
      return { kind, incarnation };
  }
}

function sightOf(self: Letter, letters: string, kinds: ReadonlyMap<Letter, Kind>): MeshSight {
  return {
    self,
    map: mapOf(letters),
    stateOf(peer) {
      const kind = kinds.get(peer);
      if (peer === self || kind === undefined) throw new RangeError(`${peer} is not a peer of this node`);
      return stateOf(peer, kind);
    },
  };
}

function summary(placement: Placement): string {
  switch (placement.kind) {
    case 'own':
      return 'own';
    case 'peer':
    case 'suspect':
      return `${placement.kind} ${placement.letter}`;
    case 'standIn':
      return `standIn ${placement.by}`;
    case 'unplaceable':
      return 'unplaceable';
  }
}

describe('placement on node a of a three-letter map', () => {
  /** Where b's sessions are answered: by b's state, then by that of c, which is the next in map order. */
  const OF_B: Record<Kind, Record<Kind, string>> = {
    alive: { alive: 'peer b', suspect: 'peer b', dead: 'peer b', left: 'peer b', returning: 'peer b' },
    suspect: { alive: 'suspect b', suspect: 'suspect b', dead: 'suspect b', left: 'suspect b', returning: 'suspect b' },
    dead: {
      alive: 'standIn c',
      suspect: 'unplaceable',
      dead: 'standIn a',
      left: 'standIn a',
      returning: 'unplaceable',
    },
    left: {
      alive: 'standIn c',
      suspect: 'unplaceable',
      dead: 'standIn a',
      left: 'standIn a',
      returning: 'unplaceable',
    },
    returning: {
      alive: 'unplaceable',
      suspect: 'unplaceable',
      dead: 'unplaceable',
      left: 'unplaceable',
      returning: 'unplaceable',
    },
  };
  /** Where c's are: the next in map order after c is a itself, so that b does not matter. */
  const OF_C: Record<Kind, string> = {
    alive: 'peer c',
    suspect: 'suspect c',
    dead: 'standIn a',
    left: 'standIn a',
    returning: 'unplaceable',
  };

  test.each(KINDS.flatMap((ofB) => KINDS.map((ofC) => [ofB, ofC] as const)))('b is %s, c is %s', (ofB, ofC) => {
    const kinds = new Map([
      [b, ofB],
      [c, ofC],
    ]);
    const sight = sightOf(a, 'abc', kinds);
    expect(summary(placeLetter(a, sight))).toBe('own');
    expect(summary(placeLetter(b, sight))).toBe(OF_B[ofB][ofC]);
    expect(summary(placeLetter(c, sight))).toBe(OF_C[ofC]);
  });

  test('carries the incarnation of the owner, alive, suspect or dead', () => {
    for (const kind of ['alive', 'suspect', 'dead', 'left'] as const) {
      const sight = sightOf(
        a,
        'abc',
        new Map([
          [b, kind],
          [c, 'alive'],
        ] as const),
      );
      expect(placeLetter(b, sight)).toMatchObject({ incarnation: b.charCodeAt(0) });
    }
  });
});

describe('placement on every node of a five-letter map, over every combination of states', () => {
  const letters = mapOf('abcde').letters;

  /** The rule in other words: of a gone owner's followers, going round, the first that is not gone, if it is sure. */
  function expected(owner: Letter, self: Letter, kindOf: (letter: Letter) => Kind): string {
    if (owner === self) return 'own';
    if (kindOf(owner) === 'alive') return `peer ${owner}`;
    if (kindOf(owner) === 'suspect') return `suspect ${owner}`;
    if (kindOf(owner) === 'returning') return 'unplaceable';
    let at = letters.indexOf(owner);
    for (;;) {
      at = (at + 1) % letters.length;
      const candidate = letters[at] ?? owner;
      if (candidate === self) return `standIn ${self}`;
      const kind = kindOf(candidate);
      if (kind === 'alive') return `standIn ${candidate}`;
      if (kind === 'suspect' || kind === 'returning') return 'unplaceable';
    }
  }

  test.each(letters)('on node %s', (self) => {
    const peers = letters.filter((letter) => letter !== self);
    const wrong: string[] = [];
    for (let combination = 0; combination < KINDS.length ** peers.length; combination += 1) {
      const kinds = new Map<Letter, Kind>();
      peers.forEach((peer, at) =>
        kinds.set(peer, KINDS[Math.floor(combination / KINDS.length ** at) % KINDS.length] ?? 'dead'),
      );
      const sight = sightOf(self, 'abcde', kinds);
      for (const owner of letters) {
        const found = summary(placeLetter(owner, sight));
        const rule = expected(owner, self, (letter) => kinds.get(letter) ?? 'alive');
        if (found !== rule) wrong.push(`${owner} with ${JSON.stringify([...kinds])}: ${found}, not ${rule}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('placement of an id', () => {
  const sight = sightOf(
    a,
    'abc',
    new Map([
      [b, 'alive'],
      [c, 'dead'],
    ] as const),
  );

  test('is that of the letter it begins with', () => {
    expect(place(drawSessionId(a), sight)).toEqual({ kind: 'own' });
    expect(place(drawSessionId(b), sight)).toEqual({ kind: 'peer', letter: b, incarnation: 98 });
    expect(place(drawSessionId(c), sight)).toEqual({ kind: 'standIn', owner: c, incarnation: 99, by: a });
  });

  test('of an id with no mapped letter is somewhere too, spread over all', () => {
    const seen = new Set(Array.from({ length: 60 }, (_, at) => summary(place(`_${at}`, sight))));
    expect([...seen].sort()).toEqual(['own', 'peer b', 'standIn a']);
  });

  test('a node alone answers for everything', () => {
    const alone = sightOf(a, 'a', new Map());
    for (const id of [drawSessionId(a), drawSessionId(b), '_key']) expect(place(id, alone)).toEqual({ kind: 'own' });
  });
});
