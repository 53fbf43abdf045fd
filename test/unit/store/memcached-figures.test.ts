import { beforeEach, describe, expect, test } from 'vitest';
import { StoreUnavailableError } from '../../../src/errors.ts';
import { MemcachedFigures } from '../../../src/store/memcached-figures.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { encodeAnswer, type WireRequest } from '../../support/memcached-wire.ts';
import { ScriptedMemcached, settled, type FarSide } from '../../support/scripted-memcached.ts';

const STAT = 0x10;
const DEADLINE_MS = 50;
const SAID = { pid: '42', curr_items: '36', bytes: '4711', limit_maxbytes: '67108864', evictions: '7' };

let clock: FakeClock;
let memcached: ScriptedMemcached;
let figures: MemcachedFigures;

function tell(said: Record<string, string>): (request: WireRequest, far: FarSide) => void {
  return ({ opcode, opaque }, far) => {
    for (const [key, value] of [...Object.entries(said), ['', '']]) {
      far.socket.write(encodeAnswer({ opcode, opaque, key: key ?? '', value: value ?? '' }));
    }
  };
}

beforeEach(() => {
  clock = new FakeClock();
  memcached = new ScriptedMemcached();
  memcached.onRequest = tell(SAID);
  figures = new MemcachedFigures({ dial: memcached.dial, clock, deadlineMs: DEADLINE_MS });
});

describe("a memcached's figures", () => {
  test('are what its stat says of items, bytes, limit and evictions', async () => {
    expect(await figures.read()).toEqual({ items: 36, bytes: 4711, limitBytes: 67_108_864, evictions: 7 });
    expect(memcached.connections.flatMap((far) => far.requests.map(({ opcode }) => opcode))).toEqual([STAT]);
  });

  test('are asked for once, however many want them meanwhile, and anew by whoever comes later', async () => {
    const [one, other] = await Promise.all([figures.read(), figures.read()]);
    expect(one).toBe(other);
    expect(memcached.connections).toHaveLength(1);
    await figures.read();
    expect(memcached.connections).toHaveLength(2);
  });

  test('come over a connection that is closed afterwards', async () => {
    await figures.read();
    await settled();
    expect(memcached.connections[0]?.socket.destroyed).toBe(true);
  });

  test.each([
    ['refuses connections', (): void => void (memcached.mode = 'refusing')],
    [
      'says no',
      (): void => {
        memcached.onRequest = ({ opcode, opaque }, far): void =>
          void far.socket.write(encodeAnswer({ opcode, opaque, status: 0x81, value: 'Unknown command' }));
      },
    ],
    ['leaves one out', (): void => void (memcached.onRequest = tell({ ...SAID, bytes: 'many' }))],
    ['closes the connection', (): void => void (memcached.onRequest = (_, far): void => void far.socket.end())],
    [
      'sends no memcached protocol',
      (): void => {
        memcached.onRequest = (_, far): void => void far.socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
      },
    ],
    [
      'never comes to an end',
      (): void => {
        const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, n) => [`figure${n}`, '1']));
        memcached.onRequest = tell({ ...many, ...SAID });
      },
    ],
  ])('are unavailable where it %s', async (_, arrange) => {
    arrange();
    await expect(figures.read()).rejects.toThrow(StoreUnavailableError);
  });

  test('are unavailable where it keeps silent for the deadline, and the next question is asked anew', async () => {
    memcached.onRequest = () => undefined;
    const failed = expect(figures.read()).rejects.toThrow('no answer within 50 ms');
    await settled();
    clock.advance(DEADLINE_MS);
    await failed;
    memcached.onRequest = tell(SAID);
    expect((await figures.read()).items).toBe(36);
  });
});
