import { describe, expect, test } from 'vitest';
import { fenceAfterMs } from '../../../src/membership/silence.ts';
import type { PeerAnswer } from '../../../src/mesh/message.ts';
import { settled } from '../../support/fake-clock.ts';
import { answering, held, LIFE, LOOK_MS, OUR_LIFE, pong, setUpDetector } from './detector-setup.ts';
import { a, b, c, d, TIMINGS } from './membership-setup.ts';

const FENCE_MS = fenceAfterMs(TIMINGS);

describe('pings', () => {
  test('go to every peer, one interval apart, with our life and a deadline', async () => {
    const { clock, to } = setUpDetector();
    await clock.advanceSettling(500);
    for (const letter of [b, c, d]) {
      const { asked } = to(letter);
      expect(asked).toHaveLength(10);
      const gaps = asked.slice(1).map(({ at }, index) => at - (asked[index]?.at ?? 0));
      expect(new Set(gaps)).toEqual(new Set([TIMINGS.pingMs]));
      for (const { request, at, deadlineAt } of asked) {
        expect(request).toEqual({ kind: 'ping', incarnation: OUR_LIFE });
        expect(deadlineAt - at).toBe(TIMINGS.suspectAfterMs);
      }
    }
  });

  test('do not go where no link stands, and go at once when it does', async () => {
    const { clock, to, detector } = setUpDetector();
    to(b).goDown();
    await clock.advanceSettling(TIMINGS.pingMs);
    expect(to(b).asked).toEqual([]);
    to(b).goUp();
    detector.linkUp(b);
    expect(to(b).requests('ping')).toHaveLength(1);
  });

  test('go to all at once when the tenure asks, whatever the interval says', async () => {
    const { clock, to, detector } = setUpDetector();
    await clock.advanceSettling(LOOK_MS);
    detector.pingAll();
    detector.pingAll();
    expect(to(d).requests('ping')).toHaveLength(3);
  });

  test('end when the detector is closed', async () => {
    const { clock, to, detector } = setUpDetector();
    await clock.advanceSettling(100);
    const before = to(b).asked.length;
    detector.close();
    await clock.advanceSettling(1000);
    expect(to(b).asked).toHaveLength(before);
    expect(clock.pending).toBe(0);
  });
});

describe('what a pong says of us', () => {
  test('that we are considered alive keeps us sure for as long as pongs come', async () => {
    const { clock, tenure } = setUpDetector({ letters: 'ab' });
    await clock.advanceSettling(5000);
    expect(tenure.isSure()).toBe(true);
  });

  test('counts from when the ping was sent, not from when the pong came', async () => {
    const { clock, tenure, to } = setUpDetector({ letters: 'ab' });
    const first = held();
    let pings = 0;
    to(b).answer = () => ((pings += 1) === 1 ? first.answer : 'silence');
    await clock.advanceSettling(100);
    first.give(pong());
    await clock.advanceSettling(LOOK_MS + FENCE_MS - 100 - 1);
    expect(tenure.isSure()).toBe(true);
    await clock.advanceSettling(1);
    expect(tenure.isSure()).toBe(false);
  });

  test('that we are considered dead costs us our life', async () => {
    const { clock, lost, to } = setUpDetector();
    to(c).answer = answering({ ping: pong({ verdict: 'dead' }) });
    await clock.advanceSettling(LOOK_MS);
    expect(lost).toEqual(['c considers this life dead']);
  });

  test('a verdict on a life that we have left since costs nothing', async () => {
    const { clock, lost, tenure, to } = setUpDetector({ letters: 'ab' });
    const late = held();
    to(b).answer = () => late.answer;
    await clock.advanceSettling(LOOK_MS);
    tenure.rejoin(OUR_LIFE + 1, 'a peer remembers a later life');
    tenure.serve(clock.monotonic());
    late.give(pong({ verdict: 'dead' }));
    await settled();
    expect(lost).toEqual([]);
  });

  test('an answer that is no pong says nothing', async () => {
    const { clock, tenure, to, kindOf } = setUpDetector({ letters: 'ab' });
    const answer: PeerAnswer = { kind: 'acknowledged', accepted: true };
    to(b).answer = () => answer;
    await clock.advanceSettling(FENCE_MS);
    expect([tenure.isSure(), kindOf(b)]).toEqual([false, 'suspect']);
  });
});

describe('where all were out of touch at once', () => {
  const UNSURE = pong({ verdict: 'unknown' });

  test('and all that are left spare us, we go on', async () => {
    const { clock, lost, tenure, to } = setUpDetector({ letters: 'abc' });
    for (const letter of [b, c]) to(letter).answer = answering({ ping: UNSURE });
    clock.stopFor(1000);
    await clock.advanceSettling(0);
    expect(tenure.isSure()).toBe(true);
    expect(lost).toEqual([]);
  });

  test('and one has not answered, or does not serve, its say is missing', async () => {
    const { clock, tenure, to } = setUpDetector({ letters: 'abc' });
    to(b).answer = answering({ ping: UNSURE });
    to(c).answer = answering({ ping: 'silence' });
    clock.stopFor(1000);
    await clock.advanceSettling(0);
    expect(tenure.isSure()).toBe(false);

    to(c).answer = answering({ ping: pong({ verdict: 'unknown', phase: 'joining' }) });
    await clock.advanceSettling(TIMINGS.pingMs);
    expect(tenure.isSure()).toBe(false);

    to(c).answer = answering({ ping: UNSURE });
    await clock.advanceSettling(TIMINGS.pingMs);
    expect(tenure.isSure()).toBe(true);
  });

  test('and one went since we were last sure, it may have judged us: we give up our life', async () => {
    const { clock, lost, members, to } = setUpDetector({ letters: 'abc' });
    to(b).answer = answering({ ping: UNSURE });
    clock.stopFor(1000);
    members.apply(c, { kind: 'convicted', incarnation: LIFE }, 'its port refuses connections');
    await clock.advanceSettling(0);
    expect(lost).toEqual(['was stopped, so were all peers that are left, and one went meanwhile']);
  });
});

describe('what a pong says of the peer', () => {
  test('a peer that was not met is alive with its first one, in the life that it names', async () => {
    const { clock, members, to } = setUpDetector({ areMet: false });
    to(b).answer = answering({ ping: pong({ incarnation: 7 }) });
    await clock.advanceSettling(LOOK_MS);
    expect(members.stateOf(b)).toEqual({ kind: 'alive', incarnation: 7 });
    expect(members.view(b).why).toBe('it answers');
  });

  test('a peer that joins, or leaves, is not alive yet, or any more', async () => {
    const { clock, to, kindOf } = setUpDetector({ areMet: false });
    to(b).answer = answering({ ping: pong({ phase: 'joining' }) });
    to(c).answer = answering({ ping: pong({ phase: 'leaving' }) });
    await clock.advanceSettling(1000);
    expect([kindOf(b), kindOf(c), kindOf(d)]).toEqual(['suspect', 'suspect', 'alive']);
  });

  test('a peer that is considered dead and serves in a later life has joined without us: so it is we who were dead', async () => {
    const { clock, lost, members, to } = setUpDetector();
    members.apply(b, { kind: 'convicted', incarnation: LIFE }, 'nobody has heard from it');
    to(b).answer = answering({ ping: pong({ incarnation: LIFE + 1, verdict: 'unknown' }) });
    await clock.advanceSettling(LOOK_MS);
    expect(lost).toEqual(['b has joined in a later life without us']);
    expect(members.stateOf(b)).toEqual({ kind: 'alive', incarnation: LIFE + 1 });
  });

  test('such a peer is not alive before it is known whether it has taken over what was done here on its behalf', async () => {
    const { clock, lost, members, to, untaken } = setUpDetector();
    members.apply(b, { kind: 'convicted', incarnation: LIFE }, 'nobody has heard from it');
    untaken.set(b, LIFE);
    to(b).answer = answering({ ping: pong({ incarnation: LIFE + 1, verdict: 'unknown' }) });
    await clock.advanceSettling(LOOK_MS);
    expect(lost).toEqual(['b has joined in a later life without us']);
    expect(members.stateOf(b)).toEqual({ kind: 'dead', incarnation: LIFE });
  });

  test('a peer that is considered dead and still answers in that life stays dead, and costs us nothing', async () => {
    const { clock, lost, members, kindOf } = setUpDetector();
    members.apply(b, { kind: 'convicted', incarnation: LIFE }, 'nobody has heard from it');
    await clock.advanceSettling(500);
    expect(kindOf(b)).toBe('dead');
    expect(lost).toEqual([]);
  });

  test('a peer that takes its letter over is not alive before it has released us, even if it serves', async () => {
    const { clock, lost, members, to, kindOf } = setUpDetector();
    members.apply(b, { kind: 'held', incarnation: LIFE + 1 }, 'it takes its letter over');
    to(b).answer = answering({ ping: pong({ incarnation: LIFE + 1, verdict: 'unknown' }) });
    await clock.advanceSettling(200);
    expect(kindOf(b)).toBe('returning');
    expect(lost).toEqual([]);
  });

  test('a later life that still joins says nothing of the life that we know: that one is silent', async () => {
    const { clock, to, kindOf } = setUpDetector();
    to(b).answer = answering({ ping: pong({ incarnation: LIFE + 1, phase: 'joining', verdict: 'unknown' }) });
    await clock.advanceSettling(TIMINGS.suspectAfterMs);
    expect(kindOf(b)).toBe('suspect');
  });

  test('a later life that serves begins without silence', async () => {
    const { clock, detector, members, to } = setUpDetector();
    to(b).answer = answering({ ping: 'silence' });
    await clock.advanceSettling(TIMINGS.suspectAfterMs - LOOK_MS);
    expect(detector.silenceOf(b).pathMs).toBe(TIMINGS.suspectAfterMs - LOOK_MS);
    to(b).answer = answering({ ping: pong({ incarnation: LIFE + 1 }) });
    detector.pingAll();
    await settled();
    expect(members.stateOf(b)).toEqual({ kind: 'alive', incarnation: LIFE + 1 });
    expect(detector.silenceOf(b)).toEqual({ pathMs: 0, lifeMs: 0 });
  });
});

describe('a peer that falls silent', () => {
  test('is suspect after suspectAfterMs, and its link is dropped: what waits there can still be asked elsewhere', async () => {
    const { clock, members, to, kindOf } = setUpDetector();
    to(b).answer = answering({ ping: 'silence' });
    await clock.advanceSettling(TIMINGS.suspectAfterMs - 1);
    expect([kindOf(b), to(b).dropped]).toEqual(['alive', []]);
    await clock.advanceSettling(1);
    expect(kindOf(b)).toBe('suspect');
    expect(to(b).dropped).toEqual(['it has not answered for 150 ms']);
    expect(members.view(b).why).toBe('it has not answered for 150 ms');
    expect(kindOf(c)).toBe('alive');
  });

  test('is alive again after two answers in a row, and dropped once only', async () => {
    const { clock, detector, to, kindOf } = setUpDetector();
    to(b).answer = answering({ ping: 'silence' });
    await clock.advanceSettling(TIMINGS.suspectAfterMs + 2 * LOOK_MS);
    expect(to(b).dropped).toHaveLength(1);
    to(b).answer = answering();
    to(b).goUp();
    detector.linkUp(b);
    await settled();
    expect(kindOf(b)).toBe('suspect');
    await clock.advanceSettling(TIMINGS.pingMs);
    expect(kindOf(b)).toBe('alive');
    expect(detector.silenceOf(b)).toEqual({ pathMs: 0, lifeMs: 0 });
  });

  test('and calls us stays suspect: it lives, though our way to it is in doubt', async () => {
    const { clock, detector, to, kindOf } = setUpDetector();
    to(b).answer = answering({ ping: 'silence' });
    for (let call = 0; call < 20; call += 1) {
      await clock.advanceSettling(100);
      detector.heardFrom(b, LIFE);
    }
    expect(kindOf(b)).toBe('suspect');
    expect(detector.silenceOf(b)).toEqual({ pathMs: 2000, lifeMs: 0 });
    expect(to(c).requests('accuse')).toEqual([]);
  });

  test('a call in another life than its present one says nothing about this one', async () => {
    const { clock, detector, to, kindOf } = setUpDetector();
    to(b).answer = answering({ ping: 'silence' });
    for (let call = 0; call < 8; call += 1) {
      await clock.advanceSettling(TIMINGS.deadAfterMs / 8);
      detector.heardFrom(b, LIFE + 1);
    }
    expect(kindOf(b)).toBe('dead');
  });

  test('begins without the silence of its former life when it has joined anew', async () => {
    const { clock, detector, to } = setUpDetector();
    to(b).answer = answering({ ping: 'silence' });
    await clock.advanceSettling(100);
    detector.dialRefused(b);
    expect([detector.silenceOf(b).lifeMs, detector.isRefusing(b)]).toEqual([100, true]);
    detector.beginAnew(b);
    expect([detector.silenceOf(b).lifeMs, detector.isRefusing(b)]).toEqual([0, false]);
  });
});

describe('a link that is lost', () => {
  test('makes its peer suspect at once, and costs it nothing else', async () => {
    const { clock, detector, members, to, kindOf } = setUpDetector();
    to(b).goDown();
    detector.linkLost(b);
    expect(members.view(b).why).toBe('its connection was lost');
    to(b).goUp();
    detector.linkUp(b);
    await clock.advanceSettling(TIMINGS.pingMs);
    expect(kindOf(b)).toBe('alive');
    expect(to(c).requests('accuse')).toEqual([]);
  });
});

describe('self-doubt', () => {
  test('a process that was stopped holds nothing of that against its peers', async () => {
    const { clock, detector, kindOf } = setUpDetector();
    clock.stopFor(60_000);
    await clock.advanceSettling(0);
    expect([b, c, d].map(kindOf)).toEqual(['alive', 'alive', 'alive']);
    for (const letter of [b, c, d]) expect(detector.silenceOf(letter).lifeMs).toBe(0);
  });

  test('of a look that is late, two intervals count at most: each peer gets its deadAfterMs of our attention', async () => {
    const { clock, detector, to, kindOf } = setUpDetector({ letters: 'ab' });
    to(b).answer = answering({ ping: 'silence' });
    for (let look = 1; look <= 7; look += 1) {
      clock.stopFor(5000);
      await clock.advanceSettling(0);
      expect(detector.silenceOf(b).lifeMs).toBe(look * 2 * LOOK_MS);
    }
    expect(kindOf(b)).toBe('suspect');
    clock.stopFor(5000);
    await clock.advanceSettling(0);
    expect(kindOf(b)).toBe('dead');
  });

  test('a refused dial is evidence that no lateness can forge', async () => {
    const { clock, detector, kindOf } = setUpDetector();
    clock.stopFor(60_000);
    detector.linkLost(b);
    detector.dialRefused(b);
    await settled();
    expect(kindOf(b)).toBe('dead');
  });

  test('how late each look was is measured, and a stop beyond the fence is told to the tenure', async () => {
    const { clock, late, tenure, to } = setUpDetector({ letters: 'ab' });
    await clock.advanceSettling(LOOK_MS);
    to(b).answer = answering({ ping: 'silence' });
    clock.stopFor(FENCE_MS + LOOK_MS);
    await clock.advanceSettling(0);
    expect(late).toEqual([0, FENCE_MS / 1000]);
    // Nobody has answered since, so that the last peer's end would be the end of this life.
    tenure.peersGone();
    expect(tenure.phase).toBe('joining');
  });
});

describe('what nobody expects', () => {
  test('a ping that is lost is no error; anything that is not ours is logged', async () => {
    const { clock, lines, to } = setUpDetector();
    to(b).answer = answering({ ping: 'silence' });
    to(c).answer = () => Promise.reject(new TypeError('a bug'));
    await clock.advanceSettling(TIMINGS.suspectAfterMs + LOOK_MS);
    const errors = lines.filter(({ level }) => Number(level) >= 50);
    expect(errors.length).toBeGreaterThan(0);
    for (const { err, msg } of errors) {
      expect(err).toMatchObject({ type: 'TypeError', message: 'a bug' });
      expect(msg).toBe('the failure detector failed');
    }
  });

  test('a letter that is no peer\u2019s is a mistake of the caller', () => {
    const { detector } = setUpDetector({ letters: 'ab' });
    expect(() => detector.silenceOf(c)).toThrow('c is not a peer of this node');
    expect(() => detector.linkLost(a)).toThrow(RangeError);
  });
});
