import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { arithmeticExtras, binaryRequest, storeExtras } from '../conformance/binary-request.ts';
import { Wire } from '../conformance/wire.ts';
import { startCluster, CALM, type Cluster } from '../support/cluster.ts';

/*
 * What is too large, too long or no key is refused, whoever owns it, and the old value stays. Two nodes; the keys that
 * begin with b are asked for at a.
 */

const MAX_BYTES = 100_000;
const TOO_LARGE = 'SERVER_ERROR object too large for cache\r\n';
const FORMAT = 'CLIENT_ERROR bad command line format\r\n';

let cluster: Cluster;
const wires: Wire[] = [];

beforeAll(async () => {
  cluster = await startCluster({ letters: ['a', 'b'], config: { ...CALM, session: { maxBytes: MAX_BYTES } } });
});

afterEach(() => {
  for (const wire of wires.splice(0)) wire.close();
});

afterAll(() => cluster.close());

async function dial(): Promise<Wire> {
  const wire = await Wire.open(cluster.node('a').memcached);
  wires.push(wire);
  return wire;
}

/** Until `mn` is answered, with which every request here ends. */
async function ask(wire: Wire, request: string): Promise<string> {
  await wire.send(Buffer.from(`${request}mn\r\n`, 'latin1'));
  await wire.until(() => wire.isClosed || wire.received.subarray(-4).toString() === 'MN\r\n');
  return wire
    .take()
    .toString('latin1')
    .replace(/MN\r\n$/, '');
}

function hit(key: string, value: string): string {
  return `VALUE ${key} 0 ${value.length}\r\n${value}\r\nEND\r\n`;
}

function store(words: string, value: string, rest = ''): string {
  return `${words} ${value.length}${rest}\r\n${value}\r\n`;
}

/** The largest value that memcached would have under this key. */
function largest(key: string): string {
  return 'x'.repeat(MAX_BYTES - 59 - key.length);
}

/** Everything that writes more under a key than fits. */
const TOO_MUCH: readonly (readonly [string, (key: string) => string])[] = [
  ['set', (key) => store(`set ${key} 0 60`, `${largest(key)}x`)],
  ['replace', (key) => store(`replace ${key} 0 60`, `${largest(key)}x`)],
  ['cas', (key) => store(`cas ${key} 0 60`, `${largest(key)}x`, ' 1')],
  ['append', (key) => store(`append ${key} 0 0`, largest(key))],
  ['prepend', (key) => store(`prepend ${key} 0 0`, largest(key))],
  ['ms', (key) => store(`ms ${key}`, `${largest(key)}x`)],
  ['ms in append mode', (key) => store(`ms ${key}`, largest(key), ' MA')],
];

describe.each(['sess:akey', 'sess:bkey', 'akey', 'bkey'])('the value of %s', (key) => {
  const LARGEST = largest(key);

  test('may be as large as memcached would have it', async () => {
    const wire = await dial();
    expect(await ask(wire, store(`set ${key} 0 60`, LARGEST))).toBe('STORED\r\n');
    expect(await ask(wire, `get ${key}\r\n`)).toBe(hit(key, LARGEST));
  });
});

describe.each(['sess:akey', 'sess:bkey'])('the value of the session %s, which is here alone', (key) => {
  test.each(TOO_MUCH)('stays what it was where a %s would make it too large', async (_, tooMuch) => {
    const wire = await dial();
    const old = 'y'.repeat(100);
    expect(await ask(wire, store(`set ${key} 0 60`, old))).toBe('STORED\r\n');
    expect(await ask(wire, tooMuch(key))).toBe(TOO_LARGE);
    expect(await ask(wire, `get ${key}\r\n`)).toBe(hit(key, old));
  });

  test('stays what it was where a binary set is too large, quiet or not', async () => {
    const wire = await dial();
    expect(await ask(wire, store(`set ${key} 0 60`, 'old'))).toBe('STORED\r\n');
    const binary = await dial();
    for (const opcode of ['set', 'setQ'] as const) {
      await binary.send(binaryRequest(opcode, { key, value: `${largest(key)}x`, extras: storeExtras(0, 60) }));
      await binary.until(() => binary.received.length >= 34);
      expect(binary.received.readUInt16BE(6)).toBe(3);
      expect(binary.take().toString('latin1', 24)).toBe('Too large.');
    }
    expect(await ask(wire, `get ${key}\r\n`)).toBe(hit(key, 'old'));
  });
});

describe.each(['akey', 'bkey'])('the value of %s, which may be a copy of what a database has', (key) => {
  test.each(TOO_MUCH)('is gone where a %s would make it too large', async (_, tooMuch) => {
    const wire = await dial();
    expect(await ask(wire, store(`set ${key} 0 60`, 'y'.repeat(100)))).toBe('STORED\r\n');
    expect(await ask(wire, tooMuch(key))).toBe(TOO_LARGE);
    expect(await ask(wire, `get ${key}\r\n`)).toBe('END\r\n');
  });

  test.each(['set', 'setQ'] as const)('is gone where a binary %s is too large', async (opcode) => {
    const wire = await dial();
    expect(await ask(wire, store(`set ${key} 0 60`, 'old'))).toBe('STORED\r\n');
    const binary = await dial();
    await binary.send(binaryRequest(opcode, { key, value: `${largest(key)}x`, extras: storeExtras(0, 60) }));
    await binary.until(() => binary.received.length >= 34);
    expect(binary.received.readUInt16BE(6)).toBe(3);
    expect(binary.take().toString('latin1', 24)).toBe('Too large.');
    expect(await ask(wire, `get ${key}\r\n`)).toBe('END\r\n');
  });
});

/** Requests that a has sent to b. */
async function forwards(): Promise<number> {
  const response = await fetch(`${cluster.node('a').http}/metrics`);
  const counts = (await response.text()).matchAll(/^maglia_forwards_total\{.*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

test('a session that is too large is refused where it comes in, and its owner never hears of it', async () => {
  const before = await forwards();
  const wire = await dial();
  const key = 'sess:bkey';
  expect(await ask(wire, store(`set ${key} 0 60`, `${largest(key)}x`))).toBe(TOO_LARGE);
  expect(await forwards()).toBe(before);
  expect(await ask(wire, store(`set ${key} 0 60`, largest(key)))).toBe('STORED\r\n');
  expect(await forwards()).toBe(before + 1);
});

test('of any other value that is too large its owner hears once: that the old one is to go', async () => {
  const before = await forwards();
  const wire = await dial();
  expect(await ask(wire, store('set bkey 0 60', `${largest('bkey')}x`))).toBe(TOO_LARGE);
  expect(await forwards()).toBe(before + 1);
});

describe('a key', () => {
  test('of 250 bytes is one, of 251 is none, and what it would have stored is passed over', async () => {
    const wire = await dial();
    const [longest, tooLong] = ['b'.repeat(250), 'b'.repeat(251)];
    expect(await ask(wire, store(`set ${longest} 0 60`, 'old'))).toBe('STORED\r\n');
    expect(await ask(wire, store(`set ${tooLong} 0 60`, 'get bkey'))).toBe(FORMAT);
    expect(await ask(wire, `get ${longest}\r\n`)).toBe(hit(longest, 'old'));
    expect(await ask(wire, `get ${tooLong}\r\ndelete ${tooLong}\r\n`)).toBe(FORMAT + FORMAT);
  });

  // A CR may be the end of the line, so that it is not certain what was asked. All else has certainly nothing under it.
  test.each([
    ['b\x01x', 'NOT_FOUND\r\nEND\r\n'],
    ['b\tx', 'NOT_FOUND\r\nEND\r\n'],
    ['b\x00x', 'NOT_FOUND\r\nEND\r\n'],
    ['b\x7fx', 'NOT_FOUND\r\nEND\r\n'],
    ['b\rx', FORMAT + FORMAT],
  ])('with a control character in it (%j) is none: stores are refused, and nothing is there', async (key, nothing) => {
    const wire = await dial();
    expect(await ask(wire, store('set b 0 60', 'old'))).toBe('STORED\r\n');
    expect(await ask(wire, store(`set ${key} 0 60`, 'new'))).toBe(FORMAT);
    expect(await ask(wire, `delete ${key}\r\nget ${key}\r\n`)).toBe(nothing);
    expect(await ask(wire, `get b\r\n`)).toBe(hit('b', 'old'));
  });

  test('in UTF-8 is its own, through every node and protocol', async () => {
    const keys = ['größe', 'größf', 'ключ', '鍵', 'Größe'].map((key) => Buffer.from(key).toString('latin1'));
    const [here, there] = [await dial(), await Wire.open(cluster.node('b').memcached)];
    wires.push(there);
    for (const [index, key] of keys.entries()) {
      expect(await ask(here, store(`set ${key} 0 60`, String(index)))).toBe('STORED\r\n');
    }
    for (const [index, key] of keys.entries()) {
      expect(await ask(there, `get ${key}\r\n`)).toBe(hit(key, String(index)));
      expect(await ask(there, `mg ${Buffer.from(key, 'latin1').toString('base64')} b v\r\n`)).toBe(
        `VA 1\r\n${index}\r\n`,
      );
    }
    const binary = await dial();
    await binary.send(
      binaryRequest('increment', { key: keys[3] ?? '', extras: arithmeticExtras(4n, 0n, 0xffff_ffff) }),
    );
    await binary.until(() => binary.received.length >= 32);
    expect(binary.take().readBigUInt64BE(24)).toBe(7n);
    expect(await ask(here, `get ${keys[3] ?? ''}\r\n`)).toBe(hit(keys[3] ?? '', '7'));
  });
});
