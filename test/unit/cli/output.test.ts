import { expect, test, describe, it } from 'vitest';
import { FileOutput, fileSink, LogOutput, streamSink, drained, type LogSink } from '../../../src/cli/output.ts';
import { FakeClock, settled } from '../../support/fake-clock.ts';

test('a file that is full loses what comes meanwhile, says so, and gets what comes when there is room again', () => {
  let text = '';
  let isFull = false;
  const lost: string[] = [];
  const output = new FileOutput(
    (bytes) => {
      if (isFull) throw new RangeError('no space');
      // A part at a time, as the system may.
      const part = bytes.subarray(0, 2).toString();
      text += part;
      return part.length;
    },
    ({ message }) => void lost.push(message),
  );
  output.write('first\n');
  isFull = true;
  output.write('second\n');
  isFull = false;
  output.write('third\n');
  expect([text, lost]).toEqual(['first\nthird\n', ['no space']]);
});

function line(msg: string): string {
  return `${JSON.stringify({ level: 30, time: 5, name: 'maglia', letter: 'a', msg })}\n`;
}

/** A disk with so many bytes left. */
function disk(left: number): { room: number; text: string; sink: LogSink } {
  const state = {
    room: left,
    text: '',
    sink: fileSink((bytes) => {
      if (state.room === 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      const taken = bytes.subarray(0, state.room);
      state.room -= taken.length;
      state.text += taken.toString();
      return taken.length;
    }),
  };
  return state;
}

const NOTICE = {
  ...{ time: 5, name: 'maglia', letter: 'a', level: 40 },
  msg: '2 lines of this log could not be written and were dropped: is its disk full, or its reader stuck?',
  dropped: 2,
};

describe("a daemon's log", () => {
  test('whose disk is full loses lines, counts them, and says so in one line when there is room again', () => {
    const there = disk(line('one').length);
    const output = new LogOutput(there.sink);
    for (const text of ['one', 'two', 'three']) output.write(line(text));
    expect([there.text, output.dropped]).toEqual([line('one'), 2]);
    there.room = 10_000;
    for (const text of ['four', 'five']) output.write(line(text));
    const [, notice = '', ...rest] = there.text.trimEnd().split('\n');
    expect(JSON.parse(notice)).toEqual(NOTICE);
    expect(rest.map((text) => `${text}\n`)).toEqual([line('four'), line('five')]);
    expect(output.dropped).toBe(2);
  });

  test('begins a line of its own after one that did not fit whole', () => {
    const there = disk(line('one').length + 7);
    const output = new LogOutput(there.sink);
    for (const text of ['one', 'two', 'three']) output.write(line(text));
    there.room = 10_000;
    output.write(line('four'));
    const [first, torn, notice = '', last] = there.text.trimEnd().split('\n');
    expect([first, torn, last]).toEqual([line('one').trimEnd(), line('two').slice(0, 7), line('four').trimEnd()]);
    expect(JSON.parse(notice)).toEqual(NOTICE);
  });

  test('that nobody reads is held up to a limit, and what is beyond it is dropped', () => {
    const held: string[] = [];
    const stream = { writableLength: 0, writable: true, write: (text: string) => void held.push(text) };
    const output = new LogOutput(streamSink(stream));
    output.write(line('one'));
    stream.writableLength = 2 * 1024 * 1024;
    output.write(line('two'));
    expect([held, output.dropped]).toEqual([[line('one')], 1]);
    stream.writableLength = 0;
    output.write(line('three'));
    expect(held.at(-1)).toBe(line('three'));
    expect(held).toHaveLength(3);
  });

  test('whose terminal or reader is gone is dropped, and nothing is thrown', () => {
    const output = new LogOutput(streamSink({ writableLength: 0, writable: false, write: () => expect.fail() }));
    output.write(line('one'));
    expect(output.dropped).toBe(1);
  });
});

/** A stream that is read when the test says so. */
class Unread {
  writable = true;
  writableLength = 0;
  #done: () => void = () => undefined;

  constructor(length: number) {
    this.writableLength = length;
  }

  write(_text: string, done: () => void): void {
    this.#done = done;
  }

  read(bytes: number): void {
    this.writableLength -= bytes;
    if (this.writableLength === 0) this.#done();
  }
}

describe('what was written before the end', () => {
  it('is waited for as long as somebody reads it, however slowly', async () => {
    const clock = new FakeClock();
    const stream = new Unread(100);
    let outcome: boolean | undefined;
    void drained(stream, clock, 1000).then((all) => (outcome = all));
    for (let at = 0; at < 99; at += 1) {
      stream.read(1);
      await clock.advanceSettling(1000);
      expect(outcome).toBeUndefined();
    }
    stream.read(1);
    await settled();
    expect([outcome, clock.pending]).toEqual([true, 0]);
  });

  it('is given up once nothing of it was read for as long as we have patience', async () => {
    const clock = new FakeClock();
    const stream = new Unread(100);
    let outcome: boolean | undefined;
    void drained(stream, clock, 1000).then((all) => (outcome = all));
    stream.read(50);
    await clock.advanceSettling(1999);
    expect(outcome).toBeUndefined();
    await clock.advanceSettling(1);
    expect(outcome).toBe(false);
  });

  it('is not waited for where its reader has gone', async () => {
    const stream = new Unread(100);
    stream.writable = false;
    expect(await drained(stream, new FakeClock(), 1000)).toBe(true);
  });
});
