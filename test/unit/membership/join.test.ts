import { describe, expect, test } from 'vitest';
import { LinkLostError, StoreUnavailableError } from '../../../src/errors.ts';
import type { EstateEntry } from '../../../src/session/estate-entry.ts';
import { settled } from '../../support/fake-clock.ts';
import { estateOf, FORMER_LIFE, LIFE, PEER_LIFE, setUpJoin, type JoinSetup } from './join-setup.ts';
import { a, b, c, d, TIMINGS } from './membership-setup.ts';

const HOLD_MS = 1000;
const RETRY_MS = 50;
const LONGEST_RETRY_MS = 500;

/** Joins, with no time passing. */
async function joinNow({ join, tenure }: JoinSetup): Promise<void> {
  void join.run();
  await settled();
  expect(tenure.phase).toBe('serving');
}

function countOf(steps: readonly string[], step: string): number {
  return steps.filter((one) => one === step).length;
}

describe('a node that joins', () => {
  test('asks all, has them hold, asks again, has them release, and serves', async () => {
    const setup = setUpJoin();
    await joinNow(setup);
    expect(setup.steps).toEqual([
      `b join ${FORMER_LIFE}`,
      `c join ${FORMER_LIFE}`,
      `b hold ${LIFE}`,
      `c hold ${LIFE}`,
      `b join ${FORMER_LIFE}`,
      `c join ${FORMER_LIFE}`,
      'record versions',
      `b release ${LIFE}`,
      `c release ${LIFE}`,
    ]);
    expect(setup.tenure.isSure()).toBe(true);
  });

  test('remembers the life that served only once all have released it', async () => {
    const setup = setUpJoin();
    let servedAtRelease = 0;
    setup.peer(c).meet = ({ kind }) => {
      if (kind === 'release') servedAtRelease = setup.lives.served;
      return undefined;
    };
    await joinNow(setup);
    expect(servedAtRelease).toBe(FORMER_LIFE);
    expect(setup.lives.served).toBe(LIFE);
  });

  test('O1: that cannot write down what it decides asks nobody for anything, says why, and goes on when it can', async () => {
    const setup = setUpJoin();
    setup.world.memory = { kind: 'lost', why: 'lives.json cannot be written (ENOSPC)', retryAfterMs: 500 };
    void setup.join.run();
    await setup.clock.advanceSettling(1000);
    expect(setup.steps).toEqual([]);
    expect(setup.tenure.why).toBe('memory lost: lives.json cannot be written (ENOSPC)');
    setup.world.memory = { kind: 'kept' };
    await setup.clock.advanceSettling(LONGEST_RETRY_MS);
    expect(setup.tenure.phase).toBe('serving');
  });

  test('is sure from when the last step was asked for, not from when it was granted', async () => {
    const setup = setUpJoin({ letters: 'ab' });
    setup.peer(b).meet = ({ kind }) => {
      if (kind === 'release') setup.clock.advance(200);
      return undefined;
    };
    await joinNow(setup);
    setup.clock.advance(49);
    expect(setup.tenure.isSure()).toBe(true);
    setup.clock.advance(1);
    expect(setup.tenure.isSure()).toBe(false);
  });

  test('without peers serves at once', async () => {
    const setup = setUpJoin({ letters: 'a' });
    await joinNow(setup);
    expect(setup.steps).toEqual(['record versions']);
    expect(setup.lives.served).toBe(LIFE);
  });

  test('joins once, whoever asks for it meanwhile', async () => {
    const setup = setUpJoin();
    const runs = [setup.join.run(), setup.join.run()];
    expect(runs[0]).toBe(runs[1]);
    await Promise.all(runs);
    expect(countOf(setup.steps, `b release ${LIFE}`)).toBe(1);
  });

  test('joins again in a later life after it was considered dead', async () => {
    const setup = setUpJoin();
    await joinNow(setup);
    setup.tenure.lose('b considers this life dead');
    setup.steps.length = 0;
    await joinNow(setup);
    expect(setup.steps[0]).toBe(`b join ${LIFE}`);
    expect(setup.steps).toContain(`c release ${LIFE + 1}`);
    expect(setup.lives.served).toBe(LIFE + 1);
  });

  test.each([
    ['closed', ({ join }: JoinSetup) => join.close()],
    ['leaving', ({ tenure }: JoinSetup) => tenure.leave()],
  ])('does nothing more once it is %s, at whatever step that happens', async (_, end) => {
    const whole = setUpJoin();
    whole.peer(b).resets(a, 'a-reset');
    whole.peer(b).says({ verdict: 'dead' });
    await whole.join.run();
    const requests = whole.steps.filter((step) => /^[bc] /.test(step));
    expect(requests.length).toBeGreaterThan(8);

    for (let at = 1; at <= requests.length; at += 1) {
      const setup = setUpJoin();
      setup.peer(b).resets(a, 'a-reset');
      setup.peer(b).says({ verdict: 'dead' });
      let met = 0;
      let stepsThen = 0;
      for (const letter of [b, c]) {
        setup.peer(letter).meet = () => {
          met += 1;
          if (met === at) end(setup);
          if (met === at) stepsThen = setup.steps.length;
          return undefined;
        };
      }
      await setup.join.run();
      const after = setup.steps.slice(stepsThen);
      // Its fellows of the same step had been asked already, in the same turn.
      expect(after.filter((step) => /^(wipe|apply)|^[bc] (hold|release|collect)/.test(step)).length).toBeLessThan(2);
      expect(setup.tenure.phase).not.toBe('serving');
      expect(setup.lives.served).toBe(FORMER_LIFE);
    }
  });

  test('gives up when it is closed', async () => {
    const setup = setUpJoin();
    setup.peer(c).link.goDown();
    const run = setup.join.run();
    await setup.clock.advanceSettling(200);
    setup.join.close();
    await setup.clock.advanceSettling(RETRY_MS);
    await run;
    expect(setup.tenure.phase).toBe('joining');
  });
});

describe('what the store holds of a former life', () => {
  test('is kept where a peer vouches for it', async () => {
    const setup = setUpJoin();
    setup.peer(b).says({ verdict: 'forgotten' });
    await joinNow(setup);
    expect(setup.steps).not.toContain('wipe');
  });

  test('is kept after a death of which everything is on record, once that is applied', async () => {
    const setup = setUpJoin();
    setup.peer(b).says({ verdict: 'dead' });
    setup.peer(c).says({ verdict: 'dead' });
    setup.peer(b).resets(a, 'a-one', 'a-two');
    await joinNow(setup);
    expect(setup.steps).not.toContain('wipe');
    const done = setup.steps.filter((step) => /^apply|hold|release/.test(step));
    expect(done).toEqual([
      'apply a a-one',
      'apply a a-two',
      ...[`b hold ${LIFE}`, `c hold ${LIFE}`, `b release ${LIFE}`, `c release ${LIFE}`],
    ]);
  });

  test('is dropped where the record has a gap, and what is on record is applied after that', async () => {
    const setup = setUpJoin();
    setup.peer(b).resets(a, 'a-one');
    setup.peer(c).says({ verdict: 'dead', estates: [estateOf(a, { complete: false })] });
    await joinNow(setup);
    // What is missing is lost, so that nobody has to wait while it is dropped, and nothing is collected twice.
    expect(setup.steps.filter((step) => /^(wipe|apply)|hold|release/.test(step))).toEqual([
      'wipe',
      'apply a a-one',
      ...[`b hold ${LIFE}`, `c hold ${LIFE}`],
      ...[`b release ${LIFE}`, `c release ${LIFE}`],
    ]);
    expect(setup.lines.map(({ why }) => why)).toContain('the record of what was done meanwhile has gaps');
  });

  test('is reset under ids that no node minted, and kept under others, where only of those something is missing', async () => {
    const setup = setUpJoin();
    setup.peer(b).resets(a, 'a-one');
    setup.peer(b).says({ verdict: 'dead', estates: [estateOf(a, { forgetsUnminted: true })] });
    setup.peer(c).says({ verdict: 'dead' });
    await joinNow(setup);
    // While all hold, and on disk before anybody is asked to forget what was done.
    expect(setup.steps.filter((step) => /^(wipe|reset|apply|record)|hold|release/.test(step))).toEqual([
      'apply a a-one',
      ...[`b hold ${LIFE}`, `c hold ${LIFE}`],
      'reset unminted',
      'record versions',
      ...[`b release ${LIFE}`, `c release ${LIFE}`],
    ]);
  });

  test('is reset under such ids also where that was lost between the first collection and the hold', async () => {
    const setup = setUpJoin();
    setup.peer(b).says({ verdict: 'dead', estates: [estateOf(a)] });
    setup.peer(b).meet = ({ kind }) => {
      if (kind === 'hold') setup.peer(b).says({ estates: [estateOf(a, { forgetsUnminted: true })] });
      return undefined;
    };
    await joinNow(setup);
    expect(setup.steps).toContain('reset unminted');
    expect(setup.steps).not.toContain('wipe');
  });

  test('is dropped as a whole where something else is missing besides', async () => {
    const setup = setUpJoin();
    setup.peer(b).says({ verdict: 'dead', estates: [estateOf(a, { complete: false, forgetsUnminted: true })] });
    await joinNow(setup);
    expect(countOf(setup.steps, 'wipe')).toBe(1);
    expect(setup.steps).not.toContain('reset unminted');
  });

  test('what was kept under such an id is reset, for it may be older than what is missing', async () => {
    const setup = setUpJoin();
    const kept = (id: string): EstateEntry => ({ kind: 'kept', id, record: Buffer.alloc(0), lifeMs: 1000 });
    setup.peer(c).noted.set(a, [kept('a-made-up-1'), kept('a-minted')]);
    setup.peer(c).says({ verdict: 'dead', estates: [estateOf(a)] });
    setup.peer(b).says({ verdict: 'dead', estates: [estateOf(a, { account: 2, forgetsUnminted: true })] });
    await joinNow(setup);
    expect(setup.steps.filter((step) => step.startsWith('apply'))).toEqual([
      'apply a a-made-up-1',
      'apply a a-minted kept',
    ]);
  });

  test('is dropped where nobody can say what was done', async () => {
    const setup = setUpJoin();
    for (const letter of [b, c]) setup.peer(letter).says({ verdict: 'forgotten' });
    await joinNow(setup);
    expect(countOf(setup.steps, 'wipe')).toBe(1);
  });

  test('is dropped where a gap opens between the first collection and the hold', async () => {
    const setup = setUpJoin();
    setup.peer(b).says({ verdict: 'dead' });
    setup.peer(b).resets(a, 'a-one');
    setup.peer(b).meet = ({ kind }) => {
      if (kind === 'hold') setup.peer(b).says({ estates: [estateOf(a, { complete: false })] });
      return undefined;
    };
    await joinNow(setup);
    expect(countOf(setup.steps, 'wipe')).toBe(1);
  });

  test('is not dropped before all hold: until then somebody may still answer from what we know', async () => {
    const setup = setUpJoin();
    for (const letter of [b, c]) setup.peer(letter).says({ verdict: 'forgotten' });
    setup.peer(c).refuseNext('hold');
    void setup.join.run();
    await settled();
    expect(setup.steps).not.toContain('wipe');
    await setup.clock.advanceSettling(RETRY_MS);
    expect(setup.tenure.phase).toBe('serving');
    expect(countOf(setup.steps, 'wipe')).toBe(1);
  });
});

describe('collecting', () => {
  test('goes page by page, each from where the last one ended', async () => {
    const setup = setUpJoin({ letters: 'ab' });
    setup.peer(b).resets(a, ...['1', '2', '3', '4', '5'].map((one) => `a-${one}`));
    await joinNow(setup);
    expect(setup.steps.filter((step) => step.includes('collect'))).toEqual([
      'b collect a from 0',
      'b collect a from 2',
      'b collect a from 4',
      // And after the hold, what came since: nothing.
      'b collect a from 5',
    ]);
    expect(setup.steps.filter((step) => step.startsWith('apply'))).toHaveLength(5);
  });

  test('S1 never old: what is noted between the first collection and the hold is collected after the hold', async () => {
    const setup = setUpJoin({ letters: 'ab' });
    setup.peer(b).resets(a, 'a-before');
    setup.peer(b).meet = ({ kind }) => {
      if (kind === 'hold') setup.peer(b).resets(a, 'a-between');
      return undefined;
    };
    await joinNow(setup);
    expect(setup.steps.filter((step) => /^apply|hold|release/.test(step))).toEqual([
      'apply a a-before',
      `b hold ${LIFE}`,
      'apply a a-between',
      `b release ${LIFE}`,
    ]);
  });

  test('S1 never old: an estate that is first opened between the first collection and the hold is collected too', async () => {
    const setup = setUpJoin({ letters: 'ab' });
    setup.peer(b).meet = ({ kind }) => {
      if (kind === 'hold') setup.peer(b).resets(a, 'a-between');
      return undefined;
    };
    await joinNow(setup);
    expect(setup.steps).toContain('apply a a-between');
  });

  test('what a stand-in kept is reset where all was dropped: it may be older than what another did, of which nothing is left', async () => {
    const setup = setUpJoin();
    setup.peer(b).noted.set(a, [{ kind: 'kept', id: 'a-one', lifeMs: 1000, record: Buffer.alloc(0) }]);
    setup.peer(b).says({ estates: [estateOf(a)] });
    setup.peer(c).says({ verdict: 'dead', estates: [estateOf(a, { account: 0, complete: false })] });
    await joinNow(setup);
    const steps = setup.steps.filter((step) => /^(wipe|apply)/.test(step));
    expect(steps.slice(steps.indexOf('wipe'))).toEqual(['wipe', 'apply a a-one']);
  });

  test('nor is it taken over into an empty store where something is missing, which may be later', async () => {
    const setup = setUpJoin();
    setup.world.hasFormerSessions = false;
    setup.peer(b).noted.set(a, [{ kind: 'kept', id: 'a-one', lifeMs: 1000, record: Buffer.alloc(0) }]);
    setup.peer(b).says({ verdict: 'dead', estates: [estateOf(a)] });
    setup.peer(c).meet = ({ kind }) => {
      if (kind === 'hold') setup.peer(c).says({ estates: [estateOf(a, { account: 0, complete: false })] });
      return undefined;
    };
    await joinNow(setup);
    expect(setup.steps.filter((step) => /^(wipe|apply)/.test(step))).toEqual([
      'apply a a-one kept',
      'wipe',
      'apply a a-one',
    ]);
  });

  test('what peers kept for an empty store is as good as former sessions: a peer that does not run may know something later', async () => {
    for (const entry of [
      { kind: 'kept', id: 'a-one', lifeMs: 1000, record: Buffer.alloc(0) },
      { kind: 'reset', id: 'a-one' },
    ] as const) {
      const setup = setUpJoin();
      setup.world.hasFormerSessions = false;
      setup.peer(b).noted.set(a, [entry]);
      setup.peer(b).says({ verdict: 'dead', estates: [estateOf(a)], dead: [{ letter: c, incarnation: 30 }] });
      setup.peer(c).link.goDown();
      setup.world.refusing.add(c);
      await joinNow(setup);
      expect(setup.steps).not.toContain('wipe');
      expect(setup.lives.settledWith(b)).toBe(setup.tenure.incarnation);
      expect(setup.lives.settledWith(c)).toBe(entry.kind === 'kept' ? 0 : setup.tenure.incarnation);
    }
  });

  test('what was done in the name of a life before the last one is reset, and what two accounts have as well', async () => {
    const kept = (id: string): EstateEntry => ({ kind: 'kept', id, lifeMs: 1000, record: Buffer.alloc(0) });
    for (const [life, told] of [
      [FORMER_LIFE, 'apply a a-one kept'],
      [FORMER_LIFE - 1, 'apply a a-one'],
    ] as const) {
      const setup = setUpJoin();
      setup.peer(b).noted.set(a, [kept('a-one')]);
      setup.peer(b).says({ estates: [estateOf(a, { life })] });
      await joinNow(setup);
      expect(setup.steps.filter((step) => step.startsWith('apply'))).toEqual([told]);
    }
    const disputed = setUpJoin();
    for (const peer of [b, c]) {
      disputed.peer(peer).noted.set(a, [kept('a-one')]);
      disputed.peer(peer).says({ estates: [estateOf(a)] });
    }
    await joinNow(disputed);
    expect(disputed.steps.filter((step) => step.startsWith('apply'))).toEqual(['apply a a-one kept', 'apply a a-one']);
  });

  test('takes over the estates of others for whom it stands in from now on, and remembers their gaps', async () => {
    const setup = setUpJoin();
    setup.lives.record(c, { incarnation: 30, state: 'dead' });
    setup.peer(c).link.goDown();
    setup.peer(b).says({ dead: [{ letter: c, incarnation: 30 }] });
    setup.peer(b).resets(c, 'c-orphan');
    await joinNow(setup);
    expect(setup.steps).toContain('apply c c-orphan');
    expect([setup.incomplete, setup.forgotten]).toEqual([[], []]);
    expect(setup.lives.of(c)?.isTouched).toBe(false);

    setup.tenure.lose('b considers this life dead');
    setup.peer(b).says({ estates: [estateOf(c, { forgetsUnminted: true })] });
    await joinNow(setup);
    expect([setup.incomplete, new Set(setup.forgotten)]).toEqual([[], new Set([c])]);
    expect(setup.lives.of(c)?.isTouched).toBe(true);

    setup.tenure.lose('b considers this life dead');
    setup.peer(b).says({ estates: [estateOf(c, { complete: false })] });
    await joinNow(setup);
    expect(new Set(setup.incomplete)).toEqual(new Set([c]));
    expect(setup.lives.of(c)?.isTouched).toBe(true);
    expect(setup.steps).not.toContain('wipe');
  });

  test('begins anew where the store cannot be asked', async () => {
    const setup = setUpJoin({ letters: 'ab' });
    setup.peer(b).resets(a, 'a-one');
    setup.world.failApply = () => new StoreUnavailableError('the test has taken the store away');
    void setup.join.run();
    await setup.clock.advanceSettling(4 * RETRY_MS);
    expect(setup.tenure.phase).toBe('joining');
    expect(setup.steps.filter((step) => step.includes('hold'))).toEqual([]);
    setup.world.failApply = () => undefined;
    await setup.clock.advanceSettling(RETRY_MS);
    expect(setup.tenure.phase).toBe('serving');
    expect(setup.steps).toContain('apply a a-one');
  });

  test('an error that nobody expects is not swallowed', async () => {
    const setup = setUpJoin({ letters: 'ab' });
    setup.peer(b).resets(a, 'a-one');
    setup.world.failApply = () => new TypeError('a bug');
    await expect(setup.join.run()).rejects.toThrow('a bug');
    expect(setup.tenure.phase).toBe('joining');
  });
});

describe('a step that a peer does not accept', () => {
  test('a refused hold sends us back to the first step', async () => {
    const setup = setUpJoin();
    setup.peer(c).refuseNext('hold');
    void setup.join.run();
    await settled();
    expect(setup.tenure.phase).toBe('joining');
    expect(setup.steps.filter((step) => step.includes('release'))).toEqual([]);
    await setup.clock.advanceSettling(RETRY_MS);
    expect(setup.tenure.phase).toBe('serving');
    // b held the former try: the next one is another life.
    expect(setup.steps.slice(-2)).toEqual([`b release ${LIFE + 1}`, `c release ${LIFE + 1}`]);
  });

  test('a refused release sends us back too, in a later life: some may have released this one', async () => {
    const setup = setUpJoin();
    setup.peer(c).refuseNext('release');
    void setup.join.run();
    await settled();
    expect([setup.tenure.phase, setup.tenure.incarnation]).toEqual(['joining', LIFE + 1]);
    expect(setup.lives.served).toBe(FORMER_LIFE);
    expect(setup.incarnations).toEqual([LIFE + 1]);
    await setup.clock.advanceSettling(RETRY_MS);
    expect(setup.tenure.phase).toBe('serving');
    expect(setup.steps.slice(-2)).toEqual([`b release ${LIFE + 1}`, `c release ${LIFE + 1}`]);
    expect(setup.lives.served).toBe(LIFE + 1);
  });

  test.each(['hold', 'collect'] as const)('a link that is lost at %s sends us back', async (kind) => {
    const setup = setUpJoin();
    setup.peer(c).resets(a, 'a-one');
    let isLost = true;
    setup.peer(c).meet = (request) =>
      request.kind === kind && isLost ? new LinkLostError('the test has cut it') : undefined;
    void setup.join.run();
    await setup.clock.advanceSettling(4 * RETRY_MS);
    expect(setup.tenure.phase).toBe('joining');
    isLost = false;
    await setup.clock.advanceSettling(RETRY_MS);
    expect(setup.tenure.phase).toBe('serving');
  });

  test('a link that is lost at release costs no life, if it is back while the peer still holds', async () => {
    const setup = setUpJoin();
    let isLost = true;
    setup.peer(c).meet = ({ kind }) =>
      kind === 'release' && isLost ? new LinkLostError('the test has cut it') : undefined;
    void setup.join.run();
    await setup.clock.advanceSettling(HOLD_MS - 2 * RETRY_MS);
    expect(setup.tenure.phase).toBe('joining');
    isLost = false;
    await setup.clock.advanceSettling(RETRY_MS);
    expect([setup.tenure.phase, setup.tenure.incarnation]).toEqual(['serving', LIFE]);
    expect(countOf(setup.steps, `b release ${LIFE}`)).toBe(1);
  });

  test('one that is lost for longer sends us back, in a later life', async () => {
    const setup = setUpJoin();
    let isLost = true;
    setup.peer(c).meet = ({ kind }) =>
      kind === 'release' && isLost ? new LinkLostError('the test has cut it') : undefined;
    // b released the life, and says so.
    setup.peer(b).meet = ({ kind }) => {
      if (kind === 'release') setup.peer(b).says({ highestIncarnation: LIFE });
      return undefined;
    };
    void setup.join.run();
    await setup.clock.advanceSettling(HOLD_MS + 4 * RETRY_MS);
    expect(setup.tenure.phase).toBe('joining');
    isLost = false;
    await setup.clock.advanceSettling(HOLD_MS);
    expect([setup.tenure.phase, setup.tenure.incarnation > LIFE]).toEqual(['serving', true]);
  });

  test('a release that one peer refuses is not asked of another any more whose link is lost', async () => {
    const setup = setUpJoin();
    setup.peer(b).refuseNext('release');
    setup.peer(c).meet = ({ kind }) => (kind === 'release' ? new LinkLostError('the test has cut it') : undefined);
    void setup.join.run();
    await setup.clock.advanceSettling(LONGEST_RETRY_MS);
    expect(setup.tenure.incarnation).toBeGreaterThan(LIFE);
    expect(countOf(setup.steps, `c release ${LIFE}`)).toBeLessThan(3);
  });

  test('nor is it asked again once the node is closed', async () => {
    const setup = setUpJoin();
    setup.peer(c).meet = ({ kind }) => (kind === 'release' ? new LinkLostError('the test has cut it') : undefined);
    const joined = setup.join.run();
    await settled();
    setup.join.close();
    await setup.clock.advanceSettling(RETRY_MS);
    await joined;
    expect(countOf(setup.steps, `c release ${LIFE}`)).toBe(1);
  });

  test('S6 bounded: a peer that does not answer is not waited for without end, and not taken for one that agreed', async () => {
    const setup = setUpJoin();
    setup.peer(c).meet = ({ kind }) => (kind === 'release' ? 'silence' : undefined);
    void setup.join.run();
    await setup.clock.advanceSettling(3000);
    expect(setup.tenure.phase).toBe('joining');
    expect(setup.peer(c).link.requests('release').length).toBeGreaterThan(2);
    for (const { at, deadlineAt } of setup.peer(c).link.asked) expect(deadlineAt - at).toBe(500);
  });
});

describe('the life that it begins', () => {
  test('is above all that any peer remembers', async () => {
    const setup = setUpJoin();
    setup.peer(c).says({ highestIncarnation: 5000 });
    await joinNow(setup);
    expect(setup.steps).toContain('b hold 5001');
    expect(setup.tenure.incarnation).toBe(5001);
    expect(setup.incarnations).toEqual([5001]);
    expect(setup.lives.served).toBe(5001);
  });

  test('is above the one that served last, even where the clock went back', async () => {
    const setup = setUpJoin({ served: 9000 });
    await joinNow(setup);
    expect(setup.tenure.incarnation).toBe(9001);
  });

  test('is another one where a peer has heard of a later life meanwhile', async () => {
    const setup = setUpJoin({ letters: 'ab' });
    let asked = 0;
    setup.peer(b).meet = ({ kind }) => {
      if (kind === 'join' && (asked += 1) === 2) setup.peer(b).says({ highestIncarnation: 5000 });
      return undefined;
    };
    void setup.join.run();
    await settled();
    expect(setup.tenure.phase).toBe('joining');
    await setup.clock.advanceSettling(RETRY_MS);
    expect([setup.tenure.phase, setup.tenure.incarnation]).toEqual(['serving', 5001]);
  });

  test('is its own where nobody remembers a later one: nothing changes for its links', async () => {
    const setup = setUpJoin();
    await joinNow(setup);
    expect(setup.incarnations).toEqual([]);
    expect(setup.tenure.incarnation).toBe(LIFE);
  });
});

describe('who has to be waited for', () => {
  test('a peer that is missing: it is asked again and again, and nobody holds anything meanwhile', async () => {
    const setup = setUpJoin();
    setup.peer(c).link.goDown();
    void setup.join.run();
    await setup.clock.advanceSettling(1000);
    expect(setup.tenure.phase).toBe('joining');
    // Every 50 ms at first, less often from half a second on.
    expect(setup.steps).toEqual(Array(setup.steps.length).fill(`b join ${FORMER_LIFE}`));
    expect(setup.steps.length).toBeGreaterThan(14);
    expect(setup.steps.length).toBeLessThan(20);
    setup.peer(c).link.goUp();
    await setup.clock.advanceSettling(2 * RETRY_MS);
    expect(setup.tenure.phase).toBe('serving');
  });

  test('the log says for whom, now and then', async () => {
    const setup = setUpJoin();
    setup.peer(c).link.goDown();
    void setup.join.run();
    await setup.clock.advanceSettling(11_000);
    const nags = setup.lines.filter(({ waiting }) => waiting !== undefined);
    expect(nags.map(({ waiting }) => waiting)).toEqual([[c], [c]]);
  });

  test('it looks again when anything changes among the members, but never in a hot loop', async () => {
    const setup = setUpJoin();
    setup.peer(c).link.goDown();
    void setup.join.run();
    await setup.clock.advanceSettling(4000);
    const asked = setup.steps.length;
    for (let time = 0; time < 100; time += 1) {
      setup.members.apply(
        b,
        { kind: time % 2 === 0 ? 'doubted' : 'answered', incarnation: 1, mayReturn: true },
        'flaps',
      );
      await settled();
    }
    expect(setup.steps.length).toBeLessThanOrEqual(asked + 1);
    await setup.clock.advanceSettling(RETRY_MS);
    setup.peer(c).link.goUp();
    setup.members.apply(c, { kind: 'answered', incarnation: PEER_LIFE, mayReturn: true }, 'it answers');
    await setup.clock.advanceSettling(RETRY_MS);
    expect(setup.tenure.phase).toBe('serving');
  });

  test('a peer that is considered dead by all that know is not waited for', async () => {
    const setup = setUpJoin();
    setup.peer(c).link.goDown();
    setup.peer(b).says({ dead: [{ letter: c, incarnation: 30 }] });
    await joinNow(setup);
    expect(setup.members.stateOf(c)).toEqual({ kind: 'dead', incarnation: 30 });
    expect(setup.steps).not.toContain('wipe');
  });

  test('a machine where no daemon listens, for as long as it is patient; then it goes on without its sessions', async () => {
    const setup = setUpJoin();
    setup.peer(c).link.goDown();
    setup.world.refusing.add(c);
    void setup.join.run();
    await setup.clock.advanceSettling(TIMINGS.joinPatienceMs - 1);
    expect(setup.tenure.phase).toBe('joining');
    await setup.clock.advanceSettling(1 + LONGEST_RETRY_MS);
    expect(setup.tenure.phase).toBe('serving');
    expect(countOf(setup.steps, 'wipe')).toBe(1);
  });

  test('without former sessions, not for a machine where no daemon listens', async () => {
    const setup = setUpJoin();
    setup.world.hasFormerSessions = false;
    setup.peer(c).link.goDown();
    setup.world.refusing.add(c);
    await joinNow(setup);
    expect(setup.steps).not.toContain('wipe');
  });

  test('a node that died often of late waits for as long as its peers say', async () => {
    const setup = setUpJoin();
    setup.peer(c).says({ notBeforeMs: 500 });
    void setup.join.run();
    await setup.clock.advanceSettling(499);
    setup.peer(c).says({ notBeforeMs: 0 });
    expect(setup.steps).toHaveLength(2);
    await setup.clock.advanceSettling(1);
    expect(setup.tenure.phase).toBe('serving');
  });

  test('where as many refuse us as agree with us, for good: this node never serves, asks nobody to hold, and says why', async () => {
    for (const hasFormerSessions of [true, false]) {
      const setup = setUpJoin({ letters: 'abcd' });
      setup.world.hasFormerSessions = hasFormerSessions;
      setup.world.rejecting.add(c).add(d);
      void setup.join.run();
      await setup.clock.advanceSettling(3 * TIMINGS.joinPatienceMs);
      expect(setup.tenure.phase).toBe('joining');
      expect(setup.tenure.why).toBe(
        'c and we refuse each other (wrong-secret); d and we refuse each other (wrong-secret)',
      );
      expect(setup.peer(c).link.asked).toEqual([]);
      expect(new Set(setup.steps)).toEqual(new Set([`b join ${FORMER_LIFE}`]));
    }
  });
});

describe('who comes back meanwhile', () => {
  test('one that was not asked at first sends us back: it may know more', async () => {
    const setup = setUpJoin();
    setup.peer(c).link.goDown();
    setup.peer(b).says({ dead: [{ letter: c, incarnation: 30 }] });
    setup.peer(b).meet = ({ kind }) => {
      if (kind === 'hold') setup.peer(c).link.goUp();
      return undefined;
    };
    void setup.join.run();
    await settled();
    expect(setup.tenure.phase).toBe('joining');
    await setup.clock.advanceSettling(RETRY_MS);
    expect(setup.tenure.phase).toBe('serving');
    expect(setup.steps.at(-1)).toBe(`c release ${LIFE + 1}`);
  });

  test('one that still serves in a life that another considers dead has to learn of it before anybody acts on it', async () => {
    const setup = setUpJoin();
    setup.peer(b).says({ dead: [{ letter: c, incarnation: PEER_LIFE }] });
    setup.peer(c).says({ serving: PEER_LIFE });
    void setup.join.run();
    await settled();
    await setup.clock.advanceSettling(3 * RETRY_MS);
    expect([setup.tenure.phase, setup.members.stateOf(c).kind]).toEqual(['joining', 'dead']);
    expect(setup.steps.filter((step) => step.includes('hold'))).toEqual([]);
    setup.peer(c).says({ serving: 0 });
    await setup.clock.advanceSettling(RETRY_MS);
    // It joins, too: nobody may stand in for one that is there.
    expect(setup.tenure.phase).toBe('joining');
    setup.peer(c).says({ serving: PEER_LIFE + 1 });
    await setup.clock.advanceSettling(RETRY_MS);
    expect(setup.tenure.phase).toBe('serving');
    expect(setup.members.stateOf(c)).toEqual({ kind: 'alive', incarnation: PEER_LIFE + 1 });
  });

  test('one that serves in a life that we consider dead ourselves, whatever the others say', async () => {
    const setup = setUpJoin();
    setup.members.apply(c, { kind: 'convicted', incarnation: PEER_LIFE }, 'we were on another side');
    void setup.join.run();
    await settled();
    await setup.clock.advanceSettling(3 * RETRY_MS);
    expect(setup.tenure.phase).toBe('joining');
    expect(setup.steps.filter((step) => step.includes('hold'))).toEqual([]);
  });

  test('one that came back, on its side of a split, without what was done here on its behalf comes back once more', async () => {
    for (const [since, isConvicted] of [
      [30, true],
      [0, true],
      [31, false],
    ] as const) {
      const setup = setUpJoin();
      setup.lives.record(c, { incarnation: 30, state: 'dead' });
      setup.lives.touch(c);
      setup.members.apply(c, { kind: 'convicted', incarnation: 30 }, 'it was on another side');
      setup.peer(c).says({ serving: 40, settled: since });
      void setup.join.run();
      await settled();
      const expected = isConvicted ? ['joining', 'dead'] : ['serving', 'alive'];
      expect([setup.tenure.phase, setup.members.stateOf(c).kind]).toEqual(expected);
      expect(setup.members.stateOf(c).incarnation).toBe(40);
    }
  });

  test('also where a hold of it, that was under way for long, stands here', async () => {
    const setup = setUpJoin();
    setup.lives.record(c, { incarnation: 30, state: 'dead' });
    setup.lives.touch(c);
    setup.members.apply(c, { kind: 'convicted', incarnation: 30 }, 'it was on another side');
    setup.members.apply(c, { kind: 'held', incarnation: 35 }, 'a call that was under way for long');
    setup.peer(c).says({ serving: 40, settled: 30 });
    void setup.join.run();
    await settled();
    expect(setup.tenure.phase).toBe('joining');
    expect(setup.members.stateOf(c)).toEqual({ kind: 'dead', incarnation: 40 });
  });

  test('one that joins as we do and is considered dead by all is waited for, for a second', async () => {
    const setup = setUpJoin();
    setup.peer(b).says({ dead: [{ letter: c, incarnation: 30 }] });
    setup.peer(c).says({ isInformed: false, serving: 0 });
    void setup.join.run();
    await setup.clock.advanceSettling(1000 - RETRY_MS);
    expect(setup.tenure.phase).toBe('joining');
    await setup.clock.advanceSettling(4 * RETRY_MS);
    expect([setup.tenure.phase, setup.members.stateOf(c).kind]).toEqual(['serving', 'dead']);
  });

  test('one that joins as we do and has come further is looked at again before we serve', async () => {
    const setup = setUpJoin();
    setup.peer(b).says({ dead: [{ letter: c, incarnation: 30 }] });
    setup.peer(c).says({ isInformed: false, serving: 0 });
    setup.peer(b).meet = ({ kind }) => {
      // c is released between our hold and our next question.
      if (kind === 'hold') setup.peer(b).says({ dead: [] });
      return undefined;
    };
    void setup.join.run();
    await settled();
    expect([setup.tenure.phase, setup.members.stateOf(c).kind]).toEqual(['joining', 'dead']);
    setup.peer(c).says({ isInformed: true, serving: 31 });
    await setup.clock.advanceSettling(RETRY_MS);
    expect(setup.tenure.phase).toBe('serving');
    expect(setup.members.stateOf(c)).toEqual({ kind: 'alive', incarnation: 31 });
  });
});

describe('what it knows of the others when it serves', () => {
  test('who is dead and who serves, as the peers see it', async () => {
    const setup = setUpJoin({ letters: 'abcd' });
    const dead = { letter: c, incarnation: 30 };
    for (const letter of setup.members.letters) setup.peer(letter).says({ dead: [dead] });
    setup.peer(c).link.goDown();
    await joinNow(setup);
    expect(setup.members.letters.map((letter) => setup.members.stateOf(letter))).toEqual([
      { kind: 'alive', incarnation: PEER_LIFE },
      { kind: 'dead', incarnation: 30 },
      { kind: 'alive', incarnation: PEER_LIFE },
    ]);
  });

  test('also who died, or died again, while it collected', async () => {
    const setup = setUpJoin();
    setup.peer(c).link.goDown();
    setup.peer(b).says({ dead: [{ letter: c, incarnation: 30 }] });
    setup.peer(b).meet = ({ kind }) => {
      if (kind === 'hold') setup.peer(b).says({ dead: [{ letter: c, incarnation: 31 }] });
      return undefined;
    };
    await joinNow(setup);
    expect(setup.members.stateOf(c)).toEqual({ kind: 'dead', incarnation: 31 });
  });

  test('it does not believe anybody who says that it is dead itself', async () => {
    const setup = setUpJoin({ letters: 'ab' });
    setup.peer(b).says({ verdict: 'dead', dead: [{ letter: a, incarnation: FORMER_LIFE }] });
    await joinNow(setup);
    expect(setup.members.letters).toEqual([b]);
  });

  test('it vouches for those who serve and are sure of themselves', async () => {
    const setup = setUpJoin({ letters: 'abcd' });
    setup.peer(c).says({ isInformed: false });
    const [, , d] = setup.members.letters;
    if (d === undefined) throw new RangeError('there is no third peer');
    for (const letter of [b, c]) setup.peer(letter).says({ dead: [{ letter: d, incarnation: 30 }] });
    setup.peer(d).link.goDown();
    await joinNow(setup);
    // One peer was not asked, so that nobody can know whether c was declared dead.
    expect([b, c].map((letter) => setup.lives.of(letter)?.isWitnessed)).toEqual([true, undefined]);
  });

  test('where all were asked, it vouches for all that it sees alive', async () => {
    const setup = setUpJoin();
    setup.peer(c).says({ isInformed: false });
    await joinNow(setup);
    expect([b, c].map((letter) => setup.lives.of(letter)?.isWitnessed)).toEqual([true, true]);
  });

  test('where it took part in everything, what it witnessed before still counts', async () => {
    const setup = setUpJoin();
    setup.lives.witness(c, PEER_LIFE);
    setup.lives.record(c, { incarnation: PEER_LIFE, state: 'dead' });
    setup.peer(c).link.goDown();
    setup.peer(b).says({ dead: [{ letter: c, incarnation: PEER_LIFE }] });
    await joinNow(setup);
    expect(setup.lives.of(c)).toMatchObject({ state: 'dead', isWitnessed: true });
  });

  test('where it was declared dead while it collected, it vouches for nothing that it saw before', async () => {
    const setup = setUpJoin();
    setup.lives.witness(c, PEER_LIFE);
    setup.lives.record(c, { incarnation: PEER_LIFE, state: 'dead' });
    setup.peer(c).link.goDown();
    setup.peer(b).says({ dead: [{ letter: c, incarnation: PEER_LIFE }] });
    setup.peer(b).meet = ({ kind }) => {
      if (kind === 'hold') setup.peer(b).says({ verdict: 'dead' });
      return undefined;
    };
    await joinNow(setup);
    expect(setup.lives.of(c)).toMatchObject({ state: 'dead', isWitnessed: false });
  });

  test('where it was declared dead, it vouches for nothing that it saw before', async () => {
    const setup = setUpJoin();
    setup.lives.witness(c, PEER_LIFE);
    setup.lives.record(c, { incarnation: PEER_LIFE, state: 'dead' });
    setup.peer(c).link.goDown();
    setup.peer(b).says({ verdict: 'dead', dead: [{ letter: c, incarnation: PEER_LIFE }] });
    await joinNow(setup);
    expect(setup.lives.of(c)).toMatchObject({ state: 'dead', isWitnessed: false });
    expect(setup.lives.of(b)).toMatchObject({ incarnation: PEER_LIFE, isWitnessed: true });
  });
});
