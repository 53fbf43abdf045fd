import { describe, expect, test } from 'vitest';
import {
  judgeHistories,
  type AskedPeer,
  type JoinCircumstances,
  type JoinJudgement,
} from '../../../src/membership/join-judgement.ts';
import type { HandshakeRefusal } from '../../../src/errors.ts';
import type { LifeHistory, OfferedEstate } from '../../../src/mesh/message.ts';
import type { Letter } from '../../../src/session/letter.ts';
import { a, b, c, d } from './membership-setup.ts';

/** A peer that was there all the time, and has nothing to say against us. */
const HISTORY: LifeHistory = {
  isInformed: true,
  serving: 50,
  verdict: 'kept',
  estates: [],
  notBeforeMs: 0,
  highestIncarnation: 40,
  dead: [],
  settled: 0,
  recalls: 0,
};

/** A restart with a store full of sessions. */
const RESTART: JoinCircumstances = {
  ...{ hasFormerSessions: true, priorIncarnation: 40, isEarly: false, isPatienceOver: false },
  triedIncarnations: new Set(),
  settledWith: () => 0,
};
const FRESH: JoinCircumstances = { ...RESTART, hasFormerSessions: false, priorIncarnation: 0 };
const EARLY: JoinCircumstances = { ...RESTART, isEarly: true };
const PATIENCE_OVER: JoinCircumstances = { ...RESTART, isPatienceOver: true };

/** A record of what was done in the name of our former life, with nothing missing. */
const ESTATE: OfferedEstate = {
  ...{ letter: a, account: 1, life: 40, isClosed: false },
  ...{ complete: true, gapsBy: [], forgetsUnminted: false },
};

const KEPT: Partial<LifeHistory> = {};
const FORGOTTEN: Partial<LifeHistory> = { verdict: 'forgotten' };
const DEAD: Partial<LifeHistory> = { verdict: 'dead' };
const AWAY = { isInformed: false, serving: 0 };

function says(letter: Letter, history: Partial<LifeHistory>): AskedPeer {
  return { kind: 'answered', letter, history: { ...HISTORY, ...history } };
}

function holdsForDead(...letters: Letter[]): Pick<LifeHistory, 'dead'> {
  return { dead: letters.map((letter) => ({ letter, incarnation: 30 })) };
}

function hasEstate(letter: Letter, complete: boolean): Pick<LifeHistory, 'estates'> {
  return { estates: [{ ...ESTATE, letter, complete }] };
}

function rejects(letter: Letter, refusal: HandshakeRefusal = 'wrong-secret'): AskedPeer {
  return { kind: 'rejected', letter, refusal };
}

function unreachable(letter: Letter, how: 'silent' | 'refusing' | 'dead' = 'silent'): AskedPeer {
  return { kind: 'unreachable', letter, isRefusing: how === 'refusing', isDead: how === 'dead', hasJudgedUs: false };
}

/** What it comes to, in words. */
function text(judgement: JoinJudgement): string {
  switch (judgement.kind) {
    case 'wait':
      return judgement.notBeforeMs > 0 ? `wait ${judgement.notBeforeMs} ms` : 'wait';
    case 'keep':
      return judgement.isContinuous ? 'keep, continuous' : 'keep';
    case 'wipe':
      return `wipe: ${judgement.why}`;
  }
}

const GAPS = 'wipe: the record of what was done meanwhile has gaps';
const NOT_ASKED = 'wipe: a peer that may have acted on our behalf cannot be asked';
const NOBODY_KNOWS = 'wipe: no peer can say what was done meanwhile';

interface Row {
  readonly says: string;
  readonly asked: readonly AskedPeer[];
  readonly circumstances?: JoinCircumstances;
  readonly expected: string;
}

function check(rows: readonly Row[]): void {
  test.each(rows)('$says', ({ asked, circumstances = RESTART, expected }) => {
    expect(text(judgeHistories(asked, circumstances))).toBe(expected);
  });
}

describe('one saw our former life alive and took part in every decision since; nobody declared it dead: kept', () => {
  check([
    { says: 'all say so', asked: [says(b, KEPT), says(c, KEPT)], expected: 'keep, continuous' },
    {
      says: 'one says so, the others forgot',
      asked: [says(b, FORGOTTEN), says(c, KEPT)],
      expected: 'keep, continuous',
    },
    {
      says: 'nobody can be missing but those whom all informed ones consider dead',
      asked: [says(b, { ...KEPT, ...holdsForDead(d) }), says(c, { ...KEPT, ...holdsForDead(d) }), unreachable(d)],
      expected: 'keep, continuous',
    },
    {
      says: 'a peer that is considered dead may even refuse to talk to us',
      asked: [says(b, { ...KEPT, ...holdsForDead(c) }), rejects(c)],
      expected: 'keep, continuous',
    },
    {
      says: 'together all nodes know everything, even where each of them was away',
      asked: [says(b, { ...AWAY, verdict: 'kept' }), says(c, { ...AWAY, verdict: 'forgotten' })],
      expected: 'keep, continuous',
    },
    {
      says: 'an incomplete record of what was done in the name of somebody else is not ours to worry about',
      asked: [says(b, { ...KEPT, ...hasEstate(c, false), ...holdsForDead(c) }), unreachable(c)],
      expected: 'keep, continuous',
    },
  ]);
});

describe('declared dead, and everything that was done since is on record: kept, after the record is applied', () => {
  check([
    { says: 'nothing was done at all', asked: [says(b, DEAD), says(c, DEAD)], expected: 'keep' },
    {
      says: 'the record is complete',
      asked: [says(b, { ...DEAD, ...hasEstate(a, true) }), says(c, DEAD)],
      expected: 'keep',
    },
    {
      says: 'one says dead where another says kept: we did not take part in everything',
      asked: [says(b, DEAD), says(c, KEPT)],
      expected: 'keep',
    },
    {
      says: 'also where the one that says dead was away since',
      asked: [says(b, { ...AWAY, ...DEAD }), says(c, KEPT)],
      expected: 'keep',
    },
  ]);
});

describe('the record has a gap: dropped', () => {
  check([
    { says: 'the ledger was full', asked: [says(b, { ...DEAD, ...hasEstate(a, false) })], expected: GAPS },
    {
      says: 'one record of two has a gap',
      asked: [says(b, { ...DEAD, ...hasEstate(a, true) }), says(c, { ...DEAD, ...hasEstate(a, false) })],
      expected: GAPS,
    },
    {
      says: 'even where nobody says that we were declared dead',
      asked: [says(b, KEPT), says(c, { ...FORGOTTEN, ...hasEstate(a, false) })],
      expected: GAPS,
    },
    {
      says: 'the reservation of a peer that was away counts too',
      asked: [says(b, KEPT), says(c, { ...AWAY, ...FORGOTTEN, ...hasEstate(a, false) })],
      expected: GAPS,
    },
  ]);
});

describe('nobody can say anything: dropped', () => {
  check([
    { says: 'all forgot', asked: [says(b, FORGOTTEN), says(c, FORGOTTEN)], expected: NOBODY_KNOWS },
    {
      says: 'all forgot that were there all the time; the word of one that was away does not count with one missing',
      asked: [says(b, { ...FORGOTTEN, ...holdsForDead(d) }), says(c, { ...AWAY, verdict: 'kept' }), unreachable(d)],
      expected: NOBODY_KNOWS,
    },
  ]);
});

describe('one that is not running may have acted on our behalf, and has not come back while we are patient: dropped', () => {
  check([
    {
      says: 'nobody answered, and no daemon listens there',
      asked: [unreachable(b, 'refusing'), unreachable(c, 'refusing')],
      circumstances: PATIENCE_OVER,
      expected: NOT_ASKED,
    },
    {
      says: 'one did not answer, and we consider it dead by now',
      asked: [says(b, KEPT), unreachable(c, 'dead')],
      circumstances: PATIENCE_OVER,
      expected: NOT_ASKED,
    },
  ]);
});

describe('who has to be waited for', () => {
  check([
    { says: 'whoever does not answer', asked: [says(b, KEPT), unreachable(c)], expected: 'wait' },
    {
      says: 'with former sessions, also a machine where no daemon listens',
      asked: [says(b, KEPT), unreachable(c, 'refusing')],
      expected: 'wait',
    },
    {
      says: 'whom only we consider dead, for as long as we are patient',
      asked: [says(b, KEPT), unreachable(c, 'dead')],
      expected: 'wait',
    },
    {
      says: 'whom one informed peer does not consider dead',
      asked: [says(b, { ...KEPT, ...holdsForDead(d) }), says(c, KEPT), unreachable(d)],
      expected: 'wait',
    },
    {
      says: 'whom only such peers consider dead as were away themselves',
      asked: [says(b, { ...AWAY, ...holdsForDead(c) }), unreachable(c)],
      expected: 'wait',
    },
    {
      says: 'whoever might still be there, however long we have waited: silence is no answer',
      asked: [says(b, KEPT), unreachable(c)],
      circumstances: PATIENCE_OVER,
      expected: 'wait',
    },
    {
      says: 'without former sessions, whoever might still be there',
      asked: [says(b, FORGOTTEN), unreachable(c)],
      circumstances: FRESH,
      expected: 'wait',
    },
    {
      says: 'without former sessions, not a machine where no daemon listens',
      asked: [says(b, FORGOTTEN), unreachable(c, 'refusing')],
      circumstances: FRESH,
      expected: 'keep',
    },
    {
      says: 'without former sessions, nobody at all where no daemon listens anywhere: the first node of a mesh',
      asked: [unreachable(b, 'refusing'), unreachable(c, 'refusing')],
      circumstances: FRESH,
      expected: 'keep',
    },
  ]);
});

describe('a peer refuses us, with another secret or another map', () => {
  check([
    {
      says: 'most agree with us: it is of another mesh, and a node that has nothing to lose does not wait for it',
      asked: [says(b, FORGOTTEN), rejects(c)],
      circumstances: FRESH,
      expected: 'keep',
    },
    {
      says: 'most agree with us: what it may have done while it was of ours is not known, once our patience is over',
      asked: [says(b, KEPT), rejects(c, 'wrong-map')],
      circumstances: PATIENCE_OVER,
      expected: NOT_ASKED,
    },
    { says: 'with former sessions it is waited for until then', asked: [says(b, KEPT), rejects(c)], expected: 'wait' },
    {
      says: 'as many refuse us as agree with us: we may be the one that is wrong, and never serve',
      asked: [says(b, KEPT), rejects(c), rejects(d)],
      circumstances: { ...FRESH, isPatienceOver: true },
      expected: 'wait',
    },
    {
      says: 'nobody agrees with us, however long we have waited',
      asked: [rejects(b), rejects(c)],
      circumstances: PATIENCE_OVER,
      expected: 'wait',
    },
    {
      says: 'of two nodes nobody can say which one is wrong',
      asked: [rejects(b)],
      circumstances: { ...FRESH, isPatienceOver: true },
      expected: 'wait',
    },
    {
      says: 'another daemon has our letter: we never serve, whoever agrees with us',
      asked: [says(b, FORGOTTEN), rejects(c, 'duplicate-letter')],
      circumstances: { ...FRESH, isPatienceOver: true },
      expected: 'wait',
    },
  ]);

  test('what it waits for names the host and the refusal', () => {
    const judgement = judgeHistories([rejects(b, 'wrong-secret'), unreachable(c)], FRESH);
    expect(judgement).toMatchObject({
      kind: 'wait',
      why: 'b and we refuse each other (wrong-secret); c has not been heard yet',
    });
  });
});

describe('a node that died often of late', () => {
  check([
    {
      says: 'waits for as long as the peer that is strictest says, before anything else is looked at',
      asked: [says(b, { ...KEPT, notBeforeMs: 500 }), says(c, { ...AWAY, notBeforeMs: 2000 }), unreachable(d)],
      expected: 'wait 2000 ms',
    },
    {
      says: 'also without former sessions',
      asked: [says(b, { ...FORGOTTEN, notBeforeMs: 500 })],
      circumstances: FRESH,
      expected: 'wait 500 ms',
    },
  ]);

  test('is told who lets it in when, and why', () => {
    const judgement = judgeHistories([says(b, { ...KEPT, notBeforeMs: 500 }), says(c, KEPT)], RESTART);
    expect(judgement).toMatchObject({
      why: 'we were declared dead again and again: b lets us in after 500 ms',
    });
  });
});

describe('each peer recalls all that it did itself since we last took over from it: kept', () => {
  const AFTER_TWO_DEATHS: JoinCircumstances = { ...RESTART, settledWith: (letter) => (letter === b ? 40 : 30) };
  const recalls = (letter: Letter, life: number): AskedPeer => says(letter, { ...FORGOTTEN, ...AWAY, recalls: life });
  check([
    {
      says: 'be it since another life than the last one, in which one was out of reach',
      asked: [recalls(b, 40), recalls(c, 30)],
      circumstances: AFTER_TWO_DEATHS,
      expected: 'keep',
    },
    {
      says: 'or since an earlier one, of which nothing is left that could matter',
      asked: [recalls(b, 40), recalls(c, 20)],
      circumstances: AFTER_TWO_DEATHS,
      expected: 'keep',
    },
    {
      says: 'but not since a later one: what it did before that it may have forgotten',
      asked: [recalls(b, 40), recalls(c, 35)],
      circumstances: AFTER_TWO_DEATHS,
      expected: NOBODY_KNOWS,
    },
    {
      says: 'nor where one recalls nothing at all',
      asked: [recalls(b, 40), recalls(c, 0)],
      circumstances: AFTER_TWO_DEATHS,
      expected: NOBODY_KNOWS,
    },
    {
      says: 'nor where it can say no more than that it did something',
      asked: [recalls(b, 40), says(c, { ...FORGOTTEN, ...AWAY, ...hasEstate(a, false), recalls: 30 })],
      circumstances: AFTER_TWO_DEATHS,
      expected: GAPS,
    },
  ]);
});

describe('a node without former sessions', () => {
  check([
    {
      says: 'has nothing that could be old: gaps do not matter',
      asked: [says(b, { ...DEAD, ...hasEstate(a, false) })],
      circumstances: FRESH,
      expected: 'keep',
    },
    {
      says: 'still vouches for others where somebody vouches for it: only its store was lost',
      asked: [says(b, KEPT)],
      circumstances: { ...RESTART, hasFormerSessions: false },
      expected: 'keep, continuous',
    },
    {
      says: 'but not where it does not know its former life',
      asked: [says(b, KEPT)],
      circumstances: { ...RESTART, hasFormerSessions: false, priorIncarnation: 0 },
      expected: 'keep',
    },
    {
      says: 'nor where it went on without somebody',
      asked: [says(b, KEPT), unreachable(c, 'refusing')],
      circumstances: { ...RESTART, hasFormerSessions: false },
      expected: 'keep',
    },
  ]);

  test('says so all the same: what one peer kept may be older than what another did', () => {
    const gap = judgeHistories([says(b, { ...DEAD, ...hasEstate(a, false) })], FRESH);
    expect(gap).toMatchObject({ kind: 'keep', doubt: 'the record of what was done meanwhile has gaps' });
    const missing = judgeHistories([says(b, FORGOTTEN), unreachable(c, 'refusing')], FRESH);
    expect(missing).toMatchObject({ kind: 'keep', doubt: 'a peer that may have acted on our behalf cannot be asked' });
    expect(judgeHistories([says(b, { ...DEAD, ...hasEstate(a, true) })], FRESH)).not.toHaveProperty('doubt');
  });
});

describe('a node without peers', () => {
  check([{ says: 'keeps what it has: nobody can have acted on its behalf', asked: [], expected: 'keep, continuous' }]);
});

describe('the life to begin', () => {
  test('is above all that anybody remembers, whoever says so', () => {
    const asked = [says(b, { ...KEPT, highestIncarnation: 70 }), says(c, { ...AWAY, highestIncarnation: 90 })];
    expect(judgeHistories(asked, RESTART)).toMatchObject({ kind: 'keep', highestIncarnation: 90 });
    const gap = says(b, { ...DEAD, ...hasEstate(a, false), highestIncarnation: 70 });
    expect(judgeHistories([gap], RESTART)).toMatchObject({ kind: 'wipe', highestIncarnation: 70, isContinuous: false });
  });

  test('may be any where nobody remembers one', () => {
    expect(judgeHistories([unreachable(b, 'refusing')], FRESH)).toMatchObject({ highestIncarnation: 0 });
  });
});

describe('at first nothing is dropped while one that is considered dead may yet come and say what is missing', () => {
  const gap = { ...DEAD, ...hasEstate(a, false), ...holdsForDead(c) };
  check([
    { says: 'it is silent', asked: [says(b, gap), unreachable(c)], circumstances: EARLY, expected: 'wait' },
    {
      says: 'all consider it dead',
      asked: [says(b, gap), unreachable(c, 'dead')],
      circumstances: EARLY,
      expected: 'wait',
    },
    {
      says: 'its port refuses',
      asked: [says(b, gap), unreachable(c, 'refusing')],
      circumstances: EARLY,
      expected: GAPS,
    },
    { says: 'nobody is missing', asked: [says(b, gap), says(c, DEAD)], circumstances: EARLY, expected: GAPS },
    { says: 'later', asked: [says(b, gap), unreachable(c)], expected: GAPS },
    {
      says: 'what can be kept is kept at once',
      asked: [says(b, { ...DEAD, ...holdsForDead(c) }), unreachable(c)],
      circumstances: EARLY,
      expected: 'keep',
    },
  ]);
});

describe('something is lost that was done under ids which no node minted', () => {
  const forgetful = { estates: [{ ...ESTATE, forgetsUnminted: true }] };

  test('sessions under minted ids are kept all the same, and it is told', () => {
    const judgement = judgeHistories([says(b, { ...DEAD, ...forgetful }), says(c, DEAD)], RESTART);
    expect([text(judgement), judgement]).toEqual(['keep', expect.objectContaining({ forgetsUnminted: true })]);
  });

  test('it is told also of a store that is empty, for what another peer kept may be older', () => {
    const judgement = judgeHistories([says(b, { ...DEAD, ...forgetful }), says(c, DEAD)], FRESH);
    expect(judgement).toMatchObject({ kind: 'keep', forgetsUnminted: true });
  });

  test("it does not count where it was done in another owner's name", () => {
    const estates = [{ ...ESTATE, letter: b, forgetsUnminted: true }];
    expect(judgeHistories([says(b, KEPT), says(c, { ...KEPT, estates })], RESTART)).toMatchObject({
      kind: 'keep',
      forgetsUnminted: false,
    });
  });

  test('a gap besides costs everything', () => {
    const estates = [{ ...ESTATE, forgetsUnminted: true, complete: false }];
    expect(text(judgeHistories([says(b, { ...DEAD, estates }), says(c, DEAD)], RESTART))).toBe(GAPS);
  });
});
