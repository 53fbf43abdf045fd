import { describe, expect, test } from 'vitest';
import type { PeerAnswer } from '../../../src/mesh/message.ts';
import { settled } from '../../support/fake-clock.ts';
import { answering, held, LIFE, LOOK_MS, OUR_LIFE, setUpDetector, vote, type DetectorSetup } from './detector-setup.ts';
import type { Letter } from '../../../src/session/letter.ts';
import { b, c, d, TIMINGS } from './membership-setup.ts';

/** Its process is killed: the link ends, and nobody listens any more. */
function kill({ detector, to }: DetectorSetup, letter: Letter): void {
  to(letter).goDown();
  detector.linkLost(letter);
  detector.dialRefused(letter);
}

/** How often it was asked for what it would say, and how often for good. */
function votesOf({ to }: DetectorSetup, voter: Letter, accused = b): { polls: number; verdicts: number } {
  const asked = to(voter)
    .requests('accuse')
    .filter(({ letter }) => letter === accused);
  const polls = asked.filter(({ isPoll }) => isPoll).length;
  return { polls, verdicts: asked.length - polls };
}

const NOT_ASKED = { polls: 0, verdicts: 0 };

describe('S2 one home: a peer that is silent for deadAfterMs', () => {
  test('is dead when the others would agree and then do, each asked with what we know', async () => {
    const { clock, members, to, kindOf } = setUpDetector();
    to(b).answer = answering({ ping: 'silence' });
    await clock.advanceSettling(TIMINGS.deadAfterMs - 1);
    expect([kindOf(b), to(c).requests('accuse')]).toEqual(['suspect', []]);
    await clock.advanceSettling(1);
    expect(kindOf(b)).toBe('dead');
    expect(members.view(b).why).toBe('nobody has heard from it');
    const accusation = { kind: 'accuse', letter: b, incarnation: LIFE, evidence: 'silence' };
    for (const letter of [c, d]) {
      expect(to(letter).requests('accuse')).toEqual([
        { ...accusation, isPoll: true },
        { ...accusation, isPoll: false },
      ]);
    }
    expect(to(b).requests('accuse')).toEqual([]);
  });

  test('is only suspect while another node still sees it, and is accused again when that is deadAfterMs ago', async () => {
    const setup = setUpDetector();
    const { clock, detector, to, kindOf } = setup;
    to(b).answer = answering({ ping: 'silence' });
    to(d).answer = answering({ accuse: vote({ agreed: false, heardAgoMs: 50 }) });
    await clock.advanceSettling(TIMINGS.deadAfterMs);
    expect(kindOf(b)).toBe('suspect');
    expect(detector.silenceOf(b)).toEqual({ pathMs: TIMINGS.deadAfterMs, lifeMs: 50 });

    to(d).answer = answering();
    await clock.advanceSettling(TIMINGS.deadAfterMs - 50 - LOOK_MS);
    expect([kindOf(b), votesOf(setup, d)]).toEqual(['suspect', { polls: 1, verdicts: 0 }]);
    await clock.advanceSettling(LOOK_MS);
    expect([kindOf(b), votesOf(setup, d)]).toEqual(['dead', { polls: 2, verdicts: 1 }]);
  });

  test('is not accused twice at once', async () => {
    const setup = setUpDetector();
    setup.to(b).answer = answering({ ping: 'silence' });
    setup.to(d).answer = answering({ accuse: held().answer });
    await setup.clock.advanceSettling(TIMINGS.deadAfterMs + 4 * LOOK_MS);
    expect(votesOf(setup, d)).toEqual({ polls: 1, verdicts: 0 });
  });

  test('and answers twice during the vote is not dead', async () => {
    const { clock, detector, to, kindOf } = setUpDetector();
    const verdict = held();
    to(b).answer = answering({ ping: 'silence' });
    to(c).answer = ({ kind, ...request }) => {
      if (kind === 'ping') return answering()({ kind, incarnation: LIFE });
      return 'isPoll' in request && request.isPoll ? vote() : verdict.answer;
    };
    await clock.advanceSettling(TIMINGS.deadAfterMs);
    to(b).answer = answering();
    to(b).goUp();
    detector.linkUp(b);
    detector.pingAll();
    await settled();
    expect(kindOf(b)).toBe('alive');
    verdict.give(vote());
    await settled();
    expect(kindOf(b)).toBe('alive');
  });
});

describe('a node that joins', () => {
  test('finds a peer as good as dead, and declares nobody dead', async () => {
    const setup = setUpDetector();
    const { clock, detector, tenure, kindOf } = setup;
    tenure.rejoin(OUR_LIFE, 'the test says so');
    kill(setup, b);
    await settled();
    await clock.advanceSettling(4 * LOOK_MS);
    expect([kindOf(b), detector.isAsGoodAsDead(b)]).toEqual(['suspect', true]);
    expect(votesOf(setup, c)).toEqual({ polls: 1, verdicts: 0 });
  });

  test('finds it alive again when it is heard from', async () => {
    const setup = setUpDetector();
    const { clock, detector, tenure } = setup;
    tenure.rejoin(OUR_LIFE, 'the test says so');
    kill(setup, b);
    await settled();
    detector.heardFrom(b, LIFE);
    await clock.advanceSettling(LOOK_MS);
    expect(detector.isAsGoodAsDead(b)).toBe(false);
  });

  test('has it judged anew as soon as it serves', async () => {
    const setup = setUpDetector();
    const { clock, tenure, kindOf } = setup;
    tenure.rejoin(OUR_LIFE, 'the test says so');
    kill(setup, b);
    await settled();
    tenure.serve(clock.monotonic());
    await clock.advanceSettling(LOOK_MS);
    expect(kindOf(b)).toBe('dead');
    expect(votesOf(setup, c)).toEqual({ polls: 1, verdicts: 1 });
  });
});

describe('a refused dial', () => {
  test('is death at once, after the vote', async () => {
    const setup = setUpDetector();
    const { detector, members, to, kindOf } = setup;
    kill(setup, b);
    expect([kindOf(b), detector.isRefusing(b)]).toEqual(['suspect', true]);
    await settled();
    expect(kindOf(b)).toBe('dead');
    expect(members.view(b).why).toBe('its port refuses connections');
    const accusation = { kind: 'accuse', letter: b, incarnation: LIFE, evidence: 'refused', isPoll: false };
    for (const letter of [c, d]) expect(to(letter).requests('accuse')).toEqual([accusation]);
  });

  test('of a peer whose link still stood makes it suspect, drops the link, and has it judged at the next look', async () => {
    const { clock, detector, members, to, kindOf } = setUpDetector();
    detector.dialRefused(b);
    expect(kindOf(b)).toBe('suspect');
    expect(members.view(b).why).toBe('its port refuses connections');
    expect(to(b).dropped).toEqual(['its port refuses connections']);
    await clock.advanceSettling(LOOK_MS);
    expect(kindOf(b)).toBe('dead');
  });

  test('is forgotten when the peer is heard from before the vote is over', async () => {
    const setup = setUpDetector();
    const { detector, to, kindOf } = setup;
    const verdict = held();
    to(d).answer = answering({ accuse: verdict.answer });
    kill(setup, b);
    detector.heardFrom(b, LIFE);
    verdict.give(vote());
    await settled();
    expect([kindOf(b), detector.isRefusing(b)]).toEqual(['suspect', false]);
  });

  test('is forgotten when the link stands again before the vote is over', async () => {
    const setup = setUpDetector();
    const { detector, to, kindOf } = setup;
    const verdict = held();
    to(d).answer = answering({ accuse: verdict.answer });
    kill(setup, b);
    to(b).goUp();
    detector.linkUp(b);
    verdict.give(vote());
    await settled();
    expect([kindOf(b), detector.isRefusing(b)]).toEqual(['suspect', false]);
  });

  test('of a peer that another node still sees leaves it suspect', async () => {
    const setup = setUpDetector();
    setup.to(d).answer = answering({ accuse: vote({ agreed: false, heardAgoMs: 0 }) });
    kill(setup, b);
    await settled();
    expect(setup.kindOf(b)).toBe('suspect');
  });
});

describe('the vote', () => {
  test('asks the one that would stand in last, after all the others have agreed', async () => {
    const setup = setUpDetector();
    const verdict = held();
    setup.to(d).answer = answering({ accuse: verdict.answer });
    kill(setup, b);
    await settled();
    expect([votesOf(setup, d).verdicts, votesOf(setup, c).verdicts]).toEqual([1, 0]);
    verdict.give(vote());
    await settled();
    expect([votesOf(setup, c).verdicts, setup.kindOf(b)]).toEqual([1, 'dead']);
  });

  test('does not ask it at all while somebody still sees the accused: nobody acts on half a verdict', async () => {
    const setup = setUpDetector();
    setup.to(d).answer = answering({ accuse: vote({ agreed: false, heardAgoMs: 0 }) });
    kill(setup, b);
    await setup.clock.advanceSettling(4 * LOOK_MS);
    expect(votesOf(setup, d).verdicts).toBe(5);
    expect(votesOf(setup, c)).toEqual(NOT_ASKED);
    expect(setup.kindOf(b)).toBe('suspect');
  });

  test('on silence, asks nobody for good before all say that they would agree: who agreed tells the accused so', async () => {
    for (const [sees, agrees] of [
      [c, d],
      [d, c],
    ] as const) {
      const setup = setUpDetector();
      setup.to(b).answer = answering({ ping: 'silence' });
      setup.to(sees).answer = answering({ accuse: vote({ agreed: false, heardAgoMs: 0 }) });
      await setup.clock.advanceSettling(2 * TIMINGS.deadAfterMs);
      expect(votesOf(setup, sees)).toEqual({ polls: 2, verdicts: 0 });
      expect(votesOf(setup, agrees)).toEqual({ polls: 2, verdicts: 0 });
      expect(setup.kindOf(b)).toBe('suspect');
    }
  });

  test('fails where the stand-in still sees the accused', async () => {
    const setup = setUpDetector();
    setup.to(c).answer = answering({ accuse: vote({ agreed: false, heardAgoMs: 0 }) });
    kill(setup, b);
    await settled();
    expect(setup.kindOf(b)).toBe('suspect');
  });

  test('is postponed by a voter that cannot be asked, until it can be', async () => {
    const setup = setUpDetector();
    const { clock, to, kindOf } = setup;
    to(d).goDown();
    kill(setup, b);
    await clock.advanceSettling(4 * LOOK_MS);
    expect([kindOf(b), votesOf(setup, c)]).toEqual(['suspect', NOT_ASKED]);
    to(d).goUp();
    await clock.advanceSettling(LOOK_MS);
    expect(kindOf(b)).toBe('dead');
  });

  test('is postponed by a voter that does not answer in time, or answers something else', async () => {
    const setup = setUpDetector();
    const { clock, to, kindOf } = setup;
    to(d).answer = answering({ accuse: 'silence' });
    kill(setup, b);
    await clock.advanceSettling(TIMINGS.suspectAfterMs);
    const [first] = to(d).asked.filter(({ request }) => request.kind === 'accuse');
    expect((first?.deadlineAt ?? 0) - (first?.at ?? 0)).toBe(TIMINGS.suspectAfterMs);
    expect(kindOf(b)).toBe('suspect');

    const nonsense: PeerAnswer = { kind: 'acknowledged', accepted: true };
    to(d).answer = answering({ accuse: nonsense });
    await clock.advanceSettling(TIMINGS.suspectAfterMs);
    expect(kindOf(b)).toBe('suspect');
    to(d).answer = answering();
    await clock.advanceSettling(LOOK_MS);
    expect(kindOf(b)).toBe('dead');
  });

  test('does not ask a voter that is itself dead or has left', async () => {
    const setup = setUpDetector();
    setup.members.apply(c, { kind: 'goodbye', incarnation: LIFE }, 'it said goodbye');
    setup.members.apply(d, { kind: 'convicted', incarnation: LIFE }, 'nobody has heard from it');
    kill(setup, b);
    await settled();
    expect(setup.kindOf(b)).toBe('dead');
    expect([votesOf(setup, c), votesOf(setup, d)]).toEqual([NOT_ASKED, NOT_ASKED]);
  });

  test('does not ask a voter that itself refuses', async () => {
    const setup = setUpDetector();
    // The trial of d goes on for as long as b does not say a word.
    setup.to(b).answer = answering({ accuse: held().answer });
    kill(setup, d);
    setup.to(d).goUp();
    kill(setup, b);
    await settled();
    expect(setup.kindOf(b)).toBe('dead');
    expect(votesOf(setup, d)).toEqual(NOT_ASKED);
    expect(votesOf(setup, c)).toEqual({ polls: 0, verdicts: 1 });
  });

  test('does not ask a voter that is itself deadly silent', async () => {
    const setup = setUpDetector();
    setup.to(d).answer = answering({ ping: 'silence' });
    // It does not agree, and has not heard from it for long either: d stays suspect, and silent.
    setup.to(b).answer = answering({ accuse: vote({ agreed: false }) });
    await setup.clock.advanceSettling(TIMINGS.deadAfterMs);
    expect(setup.kindOf(d)).toBe('suspect');
    setup.to(d).goUp();
    kill(setup, b);
    await settled();
    expect(setup.kindOf(b)).toBe('dead');
    expect(votesOf(setup, d)).toEqual(NOT_ASKED);
  });
});

describe('two nodes alone decide alone', () => {
  test('on silence', async () => {
    const { clock, to, kindOf } = setUpDetector({ letters: 'ab' });
    to(b).answer = answering({ ping: 'silence' });
    await clock.advanceSettling(TIMINGS.deadAfterMs - 1);
    expect(kindOf(b)).toBe('suspect');
    await clock.advanceSettling(1);
    expect(kindOf(b)).toBe('dead');
    expect(to(b).requests('accuse')).toEqual([]);
  });

  test('on a refused dial', async () => {
    const setup = setUpDetector({ letters: 'ab' });
    kill(setup, b);
    await settled();
    expect(setup.kindOf(b)).toBe('dead');
  });
});

describe('a peer that asked for patience', () => {
  test('is not accused before it is over, neither silent nor refusing, and then at once', async () => {
    const setup = setUpDetector();
    const { clock, members, to, kindOf } = setup;
    const until = clock.monotonic() + TIMINGS.pauseMs;
    members.apply(b, { kind: 'paused', incarnation: LIFE, until }, 'it restarts and asked for patience');
    to(b).answer = answering({ ping: 'silence' });
    kill(setup, b);
    await clock.advanceSettling(TIMINGS.pauseMs - 1);
    expect([kindOf(b), votesOf(setup, c)]).toEqual(['suspect', NOT_ASKED]);
    await clock.advanceSettling(1);
    expect(kindOf(b)).toBe('dead');
  });

  test('is alive again as soon as it answers', async () => {
    const { clock, members, kindOf } = setUpDetector();
    const until = clock.monotonic() + TIMINGS.pauseMs;
    members.apply(b, { kind: 'paused', incarnation: LIFE, until }, 'it restarts and asked for patience');
    await clock.advanceSettling(LOOK_MS + TIMINGS.pingMs);
    expect(kindOf(b)).toBe('alive');
  });
});

describe('a peer that refuses to talk to us', () => {
  test('is told apart from one that is not there', () => {
    const { detector } = setUpDetector();
    expect(detector.rejectionBy(b)).toBeUndefined();
    detector.dialRejected(b, 'wrong-secret');
    expect([detector.rejectionBy(b), detector.isRefusing(b)]).toEqual(['wrong-secret', false]);
    detector.dialRefused(b);
    expect([detector.rejectionBy(b), detector.isRefusing(b)]).toEqual([undefined, true]);
    detector.dialRejected(b, 'wrong-map');
    detector.linkUp(b);
    expect([detector.rejectionBy(b), detector.isRefusing(b)]).toEqual([undefined, false]);
  });

  test('is silent to us, and dead in the end with that as the why', async () => {
    const { clock, detector, members, to, kindOf } = setUpDetector();
    to(b).goDown();
    detector.linkLost(b);
    detector.dialRejected(b, 'wrong-secret');
    await clock.advanceSettling(TIMINGS.deadAfterMs);
    expect(kindOf(b)).toBe('dead');
    expect(members.view(b).why).toBe('it does not talk to us any more');
  });
});
