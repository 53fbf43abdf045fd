import { describe, expect, test } from 'vitest';
import { Lives } from '../../../src/membership/lives.ts';
import { a, b, c } from './membership-setup.ts';

interface Scene {
  readonly lives: Lives;
  /** What it said each time what the next process has to know. */
  readonly written: string[];
  /** The memory of the next process. */
  readonly reread: () => Lives;
}

/** A memory, and what a next process would know. */
function setUp(): Scene {
  const written: string[] = [];
  const onChanged = (text: string): void => void written.push(text);
  return { lives: new Lives({ onChanged }), written, reread: () => new Lives({ text: written.at(-1), onChanged }) };
}

/** A memory that begins with these bytes as its file. */
function livesFrom(text: string | Buffer): Lives {
  return new Lives({ text: text.toString() });
}

const DEAD = { incarnation: 7, state: 'dead' } as const;

describe('the memory of lives', () => {
  test('is empty where nothing was recorded: it vouches for nobody', () => {
    const { lives, written } = setUp();
    expect(lives.served).toBe(0);
    expect(lives.of(b)).toBeUndefined();
    expect(written).toEqual([]);
  });

  test('survives the process, whole', () => {
    const { lives, reread } = setUp();
    lives.recordServed(41);
    lives.recordServed(42);
    lives.witness(b, 6);
    lives.record(c, { incarnation: 9, state: 'left' });
    lives.touch(c);
    const next = reread();
    expect(next.served).toBe(42);
    expect(next.of(a)).toBeUndefined();
    expect(next.of(b)).toEqual({ incarnation: 6, state: 'alive', isWitnessed: true, isTouched: false });
    expect(next.of(c)).toEqual({ incarnation: 9, state: 'left', isWitnessed: false, isTouched: true });
  });

  test('without one letter is as if that had never been heard of, in the next process too', () => {
    const { lives, reread, written } = setUp();
    lives.recordServed(42, [b, c]);
    for (const letter of [b, c]) {
      lives.witness(letter, 6);
      lives.record(letter, { incarnation: 6, state: 'dead' });
      lives.touch(letter);
    }
    expect(lives.forgetLetter(b)).toBe(true);
    expect(written.at(-1)).not.toContain('"b"');
    for (const memory of [lives, reread()]) {
      expect(memory.of(b)).toBeUndefined();
      expect([memory.settledWith(b), memory.recalledLife(b), memory.untakenOf(b), memory.forgottenOf(b)]).toEqual([
        0, 0, 0, 0,
      ]);
      expect([memory.settledWith(c), memory.recalledLife(c), memory.untakenOf(c)]).toEqual([42, 6, 6]);
    }
    const told = written.length;
    expect(lives.forgetLetter(b)).toBe(false);
    expect(written).toHaveLength(told);
  });

  test('knows below which version what no node minted does not count, and how far versions are ahead, in the next process', () => {
    const { lives, reread } = setUp();
    expect([lives.unmintedFloor, lives.versionsLead]).toEqual([0, 0]);
    lives.raiseUnmintedFloor(7000);
    lives.raiseUnmintedFloor(6000);
    lives.recordVersionsLead(500);
    lives.recordVersionsLead(400);
    expect([reread().unmintedFloor, reread().versionsLead]).toEqual([7000, 400]);
  });

  test('knows by which map ids found their owners, and what was written before another one', () => {
    const { lives, reread } = setUp();
    expect(lives.moveTo('ab', 5000)).toBe(false);
    expect(lives.movedFloor).toBe(0);
    lives.recordServed(42);
    expect(reread().moveTo('ab', 6000)).toBe(false);
    const next = reread();
    expect(next.moveTo('abc', 7000)).toBe(true);
    expect(reread().movedFloor).toBe(7000);
    expect(reread().moveTo('abc', 8000)).toBe(false);
  });

  test('takes what was written by an earlier release for written by another map', () => {
    const lives = livesFrom('{"served":42,"peers":{},"settled":{},"recalled":{},"untaken":{}}');
    expect(lives.moveTo('ab', 5000)).toBe(true);
    expect(lives.movedFloor).toBe(5000);
  });

  test('knows of neither from the file of an earlier release', () => {
    const lives = livesFrom('{"served":42,"peers":{},"settled":{},"recalled":{},"untaken":{}}');
    expect([lives.served, lives.unmintedFloor, lives.versionsLead]).toEqual([42, 0, 0]);
  });

  test.each([-1, 0.5, 2 ** 53, 'x', null])(
    'vouches for nobody where the version below which records do not count cannot be one: %s',
    (number) => {
      for (const name of ['unmintedFloor', 'movedFloor', 'versionsLead']) {
        const problems: string[] = [];
        const text = JSON.stringify({ served: 42, peers: {}, [name]: number });
        const lives = new Lives({ text, onProblem: (why) => void problems.push(why) });
        expect([lives.served, lives.unmintedFloor, lives.versionsLead]).toEqual([0, 0, 0]);
        expect(problems.length).toBe(1);
      }
    },
  );

  test('is told when the call returns, each time', () => {
    const { lives, reread } = setUp();
    lives.record(b, { incarnation: 7, state: 'alive' });
    expect(reread().of(b)?.state).toBe('alive');
    lives.witness(b, 7);
    expect(reread().of(b)?.isWitnessed).toBe(true);
    lives.record(b, DEAD);
    expect(reread().of(b)?.state).toBe('dead');
    lives.touch(b);
    expect(reread().of(b)?.isTouched).toBe(true);
    lives.forgetWitnessed();
    expect(reread().of(b)?.isWitnessed).toBe(false);
  });
});

describe('a file that cannot be read is an empty memory', () => {
  const whole = '{"served":42,"peers":{"b":{"incarnation":7,"state":"dead","isWitnessed":true,"isTouched":false}}}';

  test('the file that the cases below are made from is a good one', () => {
    expect(livesFrom(whole).served).toBe(42);
    expect(livesFrom(whole).of(b)).toMatchObject(DEAD);
  });

  test('cut off anywhere', () => {
    for (let length = 0; length < whole.length; length += 1) {
      const lives = livesFrom(whole.slice(0, length));
      expect([length, lives.served, lives.of(b)]).toEqual([length, 0, undefined]);
    }
  });

  test.each([
    ['noise', Buffer.from([0, 255, 254, 1])],
    ['null', 'null'],
    ['a number', '42'],
    ['a list', '[]'],
    ['no served', '{"peers":{}}'],
    ['no peers', '{"served":42}'],
    ['served that is no number', '{"served":"42","peers":{}}'],
    ['peers that are null', '{"served":42,"peers":null}'],
    ['peers that are text', '{"served":42,"peers":"b"}'],
  ])('%s', (_what, text) => {
    const lives = livesFrom(text);
    expect(lives.served).toBe(0);
    expect(lives.of(b)).toBeUndefined();
  });

  test.each([
    ['null', 'null'],
    ['no incarnation', '{"state":"dead","isWitnessed":true,"isTouched":false}'],
    ['an unknown state', '{"incarnation":7,"state":"undead","isWitnessed":true,"isTouched":false}'],
    ['no word on what was witnessed', '{"incarnation":7,"state":"dead","isTouched":false}'],
    ['touched that is no truth value', '{"incarnation":7,"state":"dead","isWitnessed":true,"isTouched":1}'],
  ])('a peer with %s is forgotten, the others are not', (_what, peer) => {
    const lives = livesFrom(
      `{"served":42,"peers":{"b":${peer},"c":{"incarnation":9,"state":"left","isWitnessed":false,"isTouched":true}}}`,
    );
    expect(lives.served).toBe(42);
    expect(lives.of(b)).toBeUndefined();
    expect(lives.of(c)).toMatchObject({ incarnation: 9, isTouched: true });
  });

  test('and can be written again', () => {
    const lives = livesFrom('not a memory at all');
    lives.recordServed(5);
    expect(lives.served).toBe(5);
  });
});

describe('what is known of a life', () => {
  test('that it was seen alive is not enough to vouch for it: it has to be witnessed', () => {
    const { lives } = setUp();
    lives.record(b, { incarnation: 7, state: 'alive' });
    expect(lives.of(b)).toEqual({ incarnation: 7, state: 'alive', isWitnessed: false, isTouched: false });
    lives.witness(b, 7);
    expect(lives.of(b)).toEqual({ incarnation: 7, state: 'alive', isWitnessed: true, isTouched: false });
  });

  test('a life that was witnessed stays so when it dies or leaves: our word that it did counts', () => {
    const { lives } = setUp();
    lives.witness(b, 7);
    lives.record(b, DEAD);
    expect(lives.of(b)).toEqual({ ...DEAD, isWitnessed: true, isTouched: false });
    lives.witness(c, 7);
    lives.record(c, { incarnation: 7, state: 'left' });
    expect(lives.of(c)).toMatchObject({ state: 'left', isWitnessed: true });
  });

  test('a life that was declared dead, or left, stays so: neither seen nor witnessed is it alive again', () => {
    const { lives } = setUp();
    lives.record(b, DEAD);
    lives.record(b, { incarnation: 7, state: 'alive' });
    lives.witness(b, 7);
    expect(lives.of(b)).toEqual({ ...DEAD, isWitnessed: false, isTouched: false });
    lives.record(c, { incarnation: 7, state: 'left' });
    lives.witness(c, 7);
    expect(lives.of(c)).toMatchObject({ state: 'left', isWitnessed: false });
  });

  test('a newer life begins unwitnessed and untouched', () => {
    const { lives } = setUp();
    lives.witness(b, 7);
    lives.record(b, DEAD);
    lives.touch(b);
    lives.record(b, { incarnation: 8, state: 'alive' });
    expect(lives.of(b)).toEqual({ incarnation: 8, state: 'alive', isWitnessed: false, isTouched: false });
    lives.record(b, { incarnation: 9, state: 'dead' });
    expect(lives.of(b)).toEqual({ incarnation: 9, state: 'dead', isWitnessed: false, isTouched: false });
  });

  test('a life that is touched stays so for as long as it is the latest', () => {
    const { lives } = setUp();
    lives.record(b, DEAD);
    lives.touch(b);
    lives.record(b, DEAD);
    lives.record(b, { incarnation: 7, state: 'alive' });
    expect(lives.of(b)).toEqual({ ...DEAD, isWitnessed: false, isTouched: true });
  });

  test('what was done in the name of a life is untaken until a later one is alive, also over its deaths and our restarts', () => {
    const { lives, reread } = setUp();
    lives.record(b, DEAD);
    lives.touch(b);
    lives.record(b, { incarnation: 9, state: 'dead' });
    expect([lives.untakenOf(b), lives.forgottenOf(b)]).toEqual([7, 0]);
    const next = reread();
    expect([next.untakenOf(b), next.forgottenOf(b)]).toEqual([7, 7]);
    next.touch(b);
    expect([next.untakenOf(b), next.forgottenOf(b)]).toEqual([9, 7]);
    next.record(b, { incarnation: 10, state: 'alive' });
    expect([next.untakenOf(b), next.forgottenOf(b), reread().untakenOf(b)]).toEqual([0, 0, 0]);
  });

  test('since which life we recall all that we did: the last one that we witnessed, whatever comes later, also over our restarts', () => {
    const { lives, reread } = setUp();
    expect(lives.recalledLife(b)).toBe(0);
    lives.record(b, { incarnation: 5, state: 'alive' });
    expect(lives.recalledLife(b)).toBe(0);
    lives.witness(b, 5);
    lives.record(b, { incarnation: 5, state: 'dead' });
    lives.record(b, { incarnation: 7, state: 'alive' });
    lives.record(b, { incarnation: 7, state: 'dead' });
    lives.forgetWitnessed();
    expect(reread().recalledLife(b)).toBe(5);
    lives.witness(b, 9);
    expect(reread().recalledLife(b)).toBe(9);
  });

  test('that another may have acted is not untaken by us: it answers for itself', () => {
    const { lives } = setUp();
    lives.record(b, DEAD);
    lives.touchByAnother(b);
    expect([lives.of(b)?.isTouched, lives.untakenOf(b)]).toEqual([true, 0]);
    lives.touch(b);
    expect(lives.untakenOf(b)).toBe(7);
  });

  test('a file of an earlier release says of what was touched that it is untaken', () => {
    const peer = '{"incarnation":7,"state":"dead","isWitnessed":true,"isTouched":true}';
    const lives = livesFrom(`{"served":42,"peers":{"b":${peer}}}`);
    expect([lives.untakenOf(b), lives.forgottenOf(b), lives.settledWith(b)]).toEqual([7, 7, 0]);
  });

  test('a life settles with those that are named, and leaves the others where they were', () => {
    const { lives, reread } = setUp();
    lives.recordServed(41, [b, c]);
    lives.recordServed(42, [c]);
    lives.recordServed(43);
    expect([reread().settledWith(b), reread().settledWith(c), reread().settledWith(a)]).toEqual([41, 42, 0]);
  });

  test('a peer of whom nothing is known cannot be touched', () => {
    const { lives, written } = setUp();
    lives.touch(b);
    expect(lives.of(b)).toBeUndefined();
    expect(written).toEqual([]);
  });

  test('touching again, or witnessing again, what is so already does not wear the disk', () => {
    const { lives, written } = setUp();
    lives.witness(c, 9);
    lives.record(b, DEAD);
    lives.touch(b);
    const before = written.length;
    lives.touch(b);
    lives.touchByAnother(b);
    lives.witness(c, 9);
    expect(written).toHaveLength(before);
  });

  test('whoever was away vouches for nobody any more, and forgets nothing else', () => {
    const { lives } = setUp();
    lives.recordServed(42);
    lives.witness(b, 6);
    lives.witness(c, 9);
    lives.record(c, { incarnation: 9, state: 'dead' });
    lives.touch(c);
    lives.forgetWitnessed();
    expect(lives.served).toBe(42);
    expect(lives.of(b)).toEqual({ incarnation: 6, state: 'alive', isWitnessed: false, isTouched: false });
    expect(lives.of(c)).toEqual({ incarnation: 9, state: 'dead', isWitnessed: false, isTouched: true });
  });
});

describe('numbers in the file that no life can have', () => {
  test('are not believed, each is told, and the rest is', () => {
    const life = { state: 'dead', isWitnessed: true, isTouched: false };
    const tooHigh = Number.MAX_SAFE_INTEGER;
    const peers = { b: { ...life, incarnation: tooHigh }, c: { ...life, incarnation: 7 } };
    const text = JSON.stringify({ served: tooHigh, peers, recalled: { b: tooHigh }, settled: {}, untaken: {} });
    const told: string[] = [];
    const lives = new Lives({ text, onProblem: (why) => told.push(why) });
    expect([lives.served, lives.of(b), lives.recalledLife(b)]).toEqual([0, undefined, 0]);
    expect(lives.of(c)).toMatchObject({ incarnation: 7 });
    expect(told).toEqual([expect.stringContaining('peers.b'), expect.stringContaining('served')]);
  });

  test('a torn file is an empty memory, and is told; one that is missing is not worth a word', () => {
    const told: string[] = [];
    const onProblem = (why: string): void => void told.push(why);
    expect(new Lives({ onProblem }).served).toBe(0);
    expect(told).toEqual([]);
    expect(new Lives({ text: '{"served":7,"pe', onProblem }).served).toBe(0);
    expect(told).toEqual([expect.stringContaining('remembers no lives')]);
  });
});
