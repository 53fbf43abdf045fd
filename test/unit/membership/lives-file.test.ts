import { describe, expect, test } from 'vitest';
import { LivesFile, transition, type LivesDisk, type Memory } from '../../../src/membership/lives-file.ts';
import { FakeClock, settled } from '../../support/fake-clock.ts';

/** A disk whose writes end when the test says so. */
class SlowDisk implements LivesDisk {
  text: string | undefined;
  readonly asked: string[] = [];
  #pending: { readonly work: () => void; readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  write(text: string): Promise<void> {
    return this.#later(`write ${text}`, () => (this.text = text));
  }

  remove(): Promise<void> {
    return this.#later('remove', () => (this.text = undefined));
  }

  /** The oldest of what was asked comes to its end. */
  async finish(error?: NodeJS.ErrnoException['code']): Promise<void> {
    const first = this.#pending.shift();
    if (first === undefined) throw new RangeError('nothing was asked of the disk');
    if (error === undefined) {
      first.work();
      first.resolve();
    } else first.reject(Object.assign(new Error(error), { code: error }));
    await settled();
  }

  get isBusy(): boolean {
    return this.#pending.length > 0;
  }

  #later(what: string, work: () => void): Promise<void> {
    this.asked.push(what);
    return new Promise((resolve, reject) => this.#pending.push({ work, resolve, reject }));
  }
}

interface Scene {
  readonly disk: SlowDisk;
  readonly file: LivesFile;
  readonly clock: FakeClock;
  readonly lines: string[];
  /** Whether a wait for it that begins now is over; asked later. */
  readonly wait: () => () => boolean;
}

function setUp(): Scene {
  const disk = new SlowDisk();
  const clock = new FakeClock();
  const lines: string[] = [];
  const write = (line: unknown): void => void lines.push(String(line));
  const file = new LivesFile({ disk, path: 'lives.json', clock, log: { error: write, info: write } });
  const wait = (): (() => boolean) => {
    let isOver = false;
    void file.settled().then(() => (isOver = true));
    return () => isOver;
  };
  return { disk, file, clock, lines, wait };
}

describe('O1: what was decided is on disk before anybody acts on it', () => {
  test('a change is written beside the work, and who acts on it waits for that', async () => {
    const { disk, file, wait } = setUp();
    file.changed('1');
    const isSettled = wait();
    await settled();
    expect([file.memory.kind, isSettled(), disk.text]).toEqual(['writing', false, undefined]);
    await disk.finish();
    expect([file.memory.kind, isSettled(), disk.text]).toEqual(['kept', true, '1']);
  });

  test('where nothing changed nobody waits', async () => {
    const { wait } = setUp();
    const isSettled = wait();
    await settled();
    expect(isSettled()).toBe(true);
  });

  test('one write at a time, of the latest; who waits for the one waits for the other', async () => {
    const { disk, file, wait } = setUp();
    file.changed('1');
    file.changed('2');
    file.changed('3');
    const isSettled = wait();
    await disk.finish();
    expect([disk.asked, isSettled(), file.memory.kind]).toEqual([['write 1', 'write 3'], false, 'writing']);
    await disk.finish();
    expect([disk.text, isSettled(), disk.isBusy]).toEqual(['3', true, false]);
  });

  test('this process has shown that it can write only once it has', async () => {
    const { disk, file } = setUp();
    file.changed('1');
    expect(file.hasWritten).toBe(false);
    await disk.finish();
    expect(file.hasWritten).toBe(true);
  });
});

describe('O1: a disk that cannot be written', () => {
  test('full: what says less than was decided is removed, and what fits in its place is written', async () => {
    const { disk, file, lines, wait } = setUp();
    disk.text = 'of before';
    file.changed('1');
    const isSettled = wait();
    await disk.finish('ENOSPC');
    await disk.finish();
    expect([disk.text, isSettled()]).toEqual([undefined, false]);
    await disk.finish();
    expect([disk.text, isSettled(), file.memory.kind, lines]).toEqual(['1', true, 'kept', []]);
  });

  test('full still: nobody waits any longer, one line says what to do, and it is tried again, less and less often', async () => {
    const { clock, disk, file, lines, wait } = setUp();
    file.changed('1');
    const isSettled = wait();
    await disk.finish('ENOSPC');
    await disk.finish();
    await disk.finish('ENOSPC');
    expect(file.memory).toMatchObject({ kind: 'lost', why: 'lives.json cannot be written (ENOSPC)' });
    expect([isSettled(), lines.length]).toEqual([true, 1]);
    expect(lines[0]).toMatch(/make room on that disk/);

    file.changed('2');
    expect(wait()).toBeDefined();
    for (const delayMs of [500, 1000, 2000, 4000, 8000, 10_000, 10_000]) {
      clock.advance(delayMs - 1);
      await settled();
      expect([delayMs, disk.isBusy]).toEqual([delayMs, false]);
      clock.advance(1);
      await settled();
      await disk.finish('ENOSPC');
      await disk.finish();
      await disk.finish('ENOSPC');
    }
    expect(lines).toHaveLength(1);
    clock.advance(10_000);
    await settled();
    await disk.finish();
    expect([disk.text, file.memory.kind, lines.length]).toEqual(['2', 'kept', 2]);
  });

  test('read-only, so that not even the file can be removed: the same', async () => {
    const { disk, file, wait } = setUp();
    file.changed('1');
    const isSettled = wait();
    await disk.finish('EROFS');
    await disk.finish('EROFS');
    expect([file.memory.kind, isSettled()]).toEqual(['lost', true]);
  });

  test('one that hangs is given 300 ms, however much changes meanwhile; when it answers all is well', async () => {
    const { clock, disk, file, wait } = setUp();
    file.changed('1');
    const isSettled = wait();
    clock.advance(200);
    await settled();
    file.changed('2');
    clock.advance(99);
    await settled();
    expect([file.memory.kind, isSettled()]).toEqual(['writing', false]);
    clock.advance(1);
    await settled();
    await settled();
    expect([file.memory.kind, isSettled()]).toEqual(['lost', true]);
    await disk.finish();
    await disk.finish();
    expect([file.memory.kind, disk.text]).toEqual(['kept', '2']);
    clock.advance(60_000);
    await settled();
    expect(disk.asked).toEqual(['write 1', 'write 2']);
  });

  test('one that is slow, yet writes, is not lost', async () => {
    const { clock, disk, file } = setUp();
    file.changed('1');
    clock.advance(200);
    await settled();
    file.changed('2');
    await disk.finish();
    clock.advance(200);
    await settled();
    expect(file.memory.kind).toBe('writing');
    await disk.finish();
    expect(file.memory.kind).toBe('kept');
  });
});

describe('saving, which a node does before it asks to be let in', () => {
  test('tells whether the text is on disk', async () => {
    const { disk, file } = setUp();
    const saved = file.save('1');
    await disk.finish();
    expect(await saved).toBe(true);
  });

  test('does not wait for the next try of a memory that is lost', async () => {
    const { disk, file } = setUp();
    const first = file.save('1');
    await disk.finish('EACCES');
    await disk.finish('EACCES');
    expect(await first).toBe(false);
    const second = file.save('2');
    await disk.finish();
    expect([await second, disk.text, file.memory.kind]).toEqual([true, '2', 'kept']);
  });

  test('does not wait for a disk that hangs, either', async () => {
    const { clock, disk, file } = setUp();
    const first = file.save('1');
    clock.advance(300);
    await settled();
    expect(await first).toBe(false);
    expect(await file.save('2')).toBe(false);
    expect(disk.asked).toEqual(['write 1']);
  });
});

describe('a wait with a deadline of its own', () => {
  test('is over then, and says that nothing is settled yet', async () => {
    const { clock, disk, file } = setUp();
    file.changed('1');
    const isSettled = file.settled(clock.monotonic() + 50);
    clock.advance(50);
    await settled();
    expect(await isSettled).toBe(false);
    await disk.finish();
    expect(await file.settled(clock.monotonic())).toBe(true);
  });
});

describe('the table of what becomes of a memory', () => {
  const KEPT: Memory = { kind: 'kept' };
  const WRITING: Memory = { kind: 'writing' };
  const LOST: Memory = { kind: 'lost', why: 'before', retryAfterMs: 500 };
  test.each([
    [KEPT, { kind: 'changed' }, WRITING],
    [WRITING, { kind: 'changed' }, WRITING],
    [LOST, { kind: 'changed' }, LOST],
    [KEPT, { kind: 'written' }, KEPT],
    [WRITING, { kind: 'written' }, KEPT],
    [LOST, { kind: 'written' }, KEPT],
    [KEPT, { kind: 'overdue', why: 'now' }, KEPT],
    [WRITING, { kind: 'overdue', why: 'now' }, { kind: 'lost', why: 'now', retryAfterMs: 500 }],
    [LOST, { kind: 'overdue', why: 'now' }, LOST],
    [KEPT, { kind: 'failed', why: 'now' }, { kind: 'lost', why: 'now', retryAfterMs: 500 }],
    [WRITING, { kind: 'failed', why: 'now' }, { kind: 'lost', why: 'now', retryAfterMs: 500 }],
    [LOST, { kind: 'failed', why: 'now' }, { kind: 'lost', why: 'now', retryAfterMs: 1000 }],
  ] as const)('%j, %j', (from, event, to) => {
    expect(transition(from, event)).toEqual(to);
  });
});
