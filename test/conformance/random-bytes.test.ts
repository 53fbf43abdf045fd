import fc from 'fast-check';
import { expect, test } from 'vitest';
import { peakMegabytes, residentMegabytes } from '../support/resident-memory.ts';
import { until } from '../support/until.ts';
import { anyBytes } from './random-bytes.ts';
import { RunningDaemon } from './running-daemon.ts';
import { seed } from './seed.ts';
import { Wire } from './wire.ts';

const CLIENTS = 4000;
const AT_ONCE = 40;

/** What one client sends, in pieces; now and then the pieces are large. */
const speeches = fc.array(fc.tuple(anyBytes, fc.constantFrom(1, 1, 1, 1, 200)), { minLength: 1, maxLength: 6 });

const MORE_MEGABYTES = 150;

test('random bytes never crash the door, nor make it hold memory, nor keep others from being served', async () => {
  process.stdout.write(`CONFORMANCE_SEED=${seed()}\n`);
  const drawn = fc.sample(speeches, { seed: seed(), numRuns: CLIENTS });
  const daemon = await RunningDaemon.start();
  try {
    const other = await Wire.open(daemon.address);
    const before = residentMegabytes(daemon.pid);
    for (let at = 0; at < drawn.length; at += AT_ONCE) {
      const wires = await Promise.all(drawn.slice(at, at + AT_ONCE).map((speech) => speak(daemon.address, speech)));
      await other.send(Buffer.from('mn\r\n'));
      await other.until(() => other.received.length >= 4);
      expect(other.take().toString()).toBe('MN\r\n');
      for (const wire of wires) wire.close();
    }
    await until('all of them are gone', async () => {
      await other.send(Buffer.from('stats\r\n'));
      await other.until(() => other.received.includes('END\r\n'));
      return other.take().includes('curr_connections 1\r\n');
    });
    expect(peakMegabytes(daemon.pid) - before).toBeLessThan(MORE_MEGABYTES);
    expect(daemon.log()).not.toContain('failed in a way it should not');
    other.close();
  } finally {
    await daemon.close();
  }
});

async function speak(address: string, speech: readonly (readonly [Buffer, number])[]): Promise<Wire> {
  const wire = await Wire.open(address);
  await wire.send(...speech.map(([bytes, times]) => Buffer.concat(Array.from({ length: times }, () => bytes))));
  return wire;
}
