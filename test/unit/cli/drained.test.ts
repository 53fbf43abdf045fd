import { describe, expect, it } from 'vitest';
import { drained } from '../../../src/cli/drained.ts';
import { FakeClock, settled } from '../../support/fake-clock.ts';

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
