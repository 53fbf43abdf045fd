import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Attacker } from './attacker.ts';

/** The most that clients may ask a node for, of one kind. Resolves when it is answered. */
export interface Demand {
  readonly name: string;
  readonly run: (attacker: Attacker) => Promise<unknown>;
}

const MAX_BYTES = 1_048_576;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

function madeUp(letter: string): string {
  return letter + Array.from(randomBytes(26), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

function many(count: number, line: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => line(at)).join('');
}

const data = (json: string): Buffer => Buffer.from(`{"data":${json}}`);
const members = (count: number, from = 0): string =>
  `{${Array.from({ length: count }, (_, at) => `"k${from + at}":1`).join(',')}}`;

const QUOTES = `"${'\\"'.repeat(MAX_BYTES / 2 - 100)}"`;
const TEXT = JSON.stringify('x'.repeat(MAX_BYTES - 100));
const WIDE = JSON.stringify('€'.repeat(Math.floor(MAX_BYTES / 3) - 100));
const MOST_VALUES = members(39_990);
const TOO_MANY_VALUES = members(80_000);
const NUMBERS = `[${'1,'.repeat(500_000)}1]`;
const DEEP = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const LONG_MEMBERS = `{${Array.from({ length: 9_990 }, (_, at) => `"k${at}":"${'x'.repeat(90)}"`).join(',')}}`;
const VALUE = 'a:1:{s:4:"cart";s:1000000:"'.padEnd(MAX_BYTES - 1000, 'x');

function put(json: string): Demand['run'] {
  const body = data(json);
  return async (attacker) => attacker.http('PUT', `/v1/sessions/${await attacker.mint()}`, body);
}

function putRaw(json: string): Demand['run'] {
  const body = Buffer.from(json);
  return async (attacker) => attacker.http('PUT', `/v1/sessions/${await attacker.mint()}/data`, body);
}

function patch(before: string, merged: string): Demand['run'] {
  const bodies = [data(before), Buffer.from(merged)] as const;
  return async (attacker) => {
    const path = `/v1/sessions/${await attacker.mint()}`;
    await attacker.http('PUT', path, bodies[0]);
    await attacker.http('PATCH', path, bodies[1], 'application/merge-patch+json');
  };
}

function readBack(json: string): Demand['run'] {
  const body = data(json);
  return async (attacker) => {
    const path = `/v1/sessions/${await attacker.mint()}`;
    await attacker.http('PUT', path, body);
    await attacker.http('GET', path);
    await attacker.http('GET', `${path}/data`);
  };
}

function say(bytes: () => string): Demand['run'] {
  return (attacker) => attacker.say(bytes());
}

/** Locks on as many connections as are needed for a node to give no more, or all on one; then all hang up at once. */
async function lockAndHangUp(attacker: Attacker, connections: number, each: number): Promise<void> {
  const line = (): string => `add memc.sess.key.lock.${madeUp('a')} 0 30 1\r\n1\r\n`;
  const sockets: Socket[] = [];
  for (let number = 0; number < connections; number += 1) sockets.push(await attacker.dial());
  await Promise.all(sockets.map((socket) => attacker.say(many(each, line), socket)));
  const closed = sockets.map((socket) => once(socket, 'close'));
  for (const socket of sockets) socket.destroy();
  await Promise.all(closed);
  await attacker.say('version\r\n');
}

async function hangUpWithPending(attacker: Attacker, connections: number): Promise<void> {
  const line = (): string => `get ${madeUp('b')}\r\n`;
  for (let number = 0; number < connections; number += 1) {
    const socket = await attacker.dial();
    await new Promise<void>((resolve) => socket.write(many(10_000 / connections, line), () => resolve()));
    socket.destroy();
  }
  await attacker.say('version\r\n');
}

async function askOften(attacker: Attacker, path: string): Promise<void> {
  for (let round = 0; round < 10; round += 1) {
    await Promise.all(Array.from({ length: 20 }, () => attacker.http('GET', path)));
  }
}

async function multiGet(attacker: Attacker, valueBytes: number): Promise<void> {
  const value = 'v'.repeat(valueBytes);
  const keys = Array.from({ length: 100 }, () => madeUp('a'));
  await attacker.say(keys.map((key) => `set sess:${key} 0 60 ${valueBytes}\r\n${value}\r\n`).join(''));
  const line = Array.from({ length: 10_000 }, (_, at) => ` sess:${keys[at % keys.length]}`).join('');
  await attacker.say(`get${line}\r\n`);
}

export const DEMANDS: readonly Demand[] = [
  { name: 'PUT: 1 MiB of quotes, 2 MiB as JSON', run: put(QUOTES) },
  { name: 'PUT: 1 MiB of text', run: put(TEXT) },
  { name: 'PUT: 1 MiB of text that is not ASCII', run: put(WIDE) },
  { name: 'PUT: 39,990 keys', run: put(MOST_VALUES) },
  { name: 'PUT: 80,000 keys (refused)', run: put(TOO_MANY_VALUES) },
  { name: 'PUT: 500,000 numbers (refused)', run: put(NUMBERS) },
  { name: 'PUT: 30 levels', run: put(DEEP(30)) },
  { name: 'PUT: 500,000 levels (refused)', run: put(DEEP(500_000)) },
  { name: 'PUT data: 1 MiB of quotes as JSON', run: putRaw(QUOTES) },
  { name: 'PUT data: 39,990 keys as JSON', run: putRaw(MOST_VALUES) },
  { name: 'PATCH: 9,990 keys into as many others', run: patch(members(9_990), members(9_990, 10_000)) },
  { name: 'PATCH: 1 MB into the same keys', run: patch(LONG_MEMBERS, LONG_MEMBERS) },
  { name: 'PATCH: 1 MiB of quotes into one key', run: patch('{"a":1}', `{"a":${QUOTES}}`) },
  { name: 'PATCH: one key into 1 MiB of quotes', run: patch(`{"a":${QUOTES}}`, '{"b":1}') },
  { name: 'GET: 1 MiB of quotes', run: readBack(QUOTES) },
  { name: 'GET: 1 MiB of text that is not ASCII', run: readBack(WIDE) },
  { name: 'GET: 39,990 keys', run: readBack(MOST_VALUES) },
  { name: 'set and get: 1 MB of a PHP session', run: say(() => php(madeUp('a'))) },
  { name: '100 sets and gets of 1 MB in one go', run: say(() => php(madeUp('a')).repeat(100)) },
  {
    name: 'set: 1 MiB of JSON numbers',
    run: say(() => `set sess:${madeUp('a')} 0 60 ${NUMBERS.length}\r\n${NUMBERS}\r\n`),
  },
  { name: 'ms and mg: 1 MB', run: say(() => meta(madeUp('a'))) },
  {
    name: 'get: 10,000 unknown keys of this node',
    run: say(() => `get${many(10_000, () => ` sess:${madeUp('a')}`)}\r\n`),
  },
  {
    name: "get: 10,000 unknown keys of a peer's",
    run: say(() => `get${many(10_000, () => ` sess:${madeUp('b')}`)}\r\n`),
  },
  { name: 'get: 10,000 keys that are no sessions', run: say(() => `get${many(10_000, (at) => ` page:${at}`)}\r\n`) },
  { name: 'get: 10,000 keys with 100 bytes each', run: (attacker) => multiGet(attacker, 100) },
  { name: 'get: 10,000 keys with 10 KB each', run: (attacker) => multiGet(attacker, 10_000) },
  { name: 'a line of 1 MiB and more', run: say(() => `get ${'x'.repeat(MAX_BYTES + 10)}\r\n`) },
  { name: '10,000 gets in one go', run: say(() => many(10_000, () => `get sess:${madeUp('a')}\r\n`)) },
  {
    name: "10,000 adds of a peer's ids (steered)",
    run: say(() => many(10_000, () => `add memc.sess.key.${madeUp('b')} 0 60 0\r\n\r\n`)),
  },
  { name: '200,000 locks on one connection, hang up', run: (attacker) => lockAndHangUp(attacker, 1, 200_000) },
  { name: '20,000 locks on 320 connections, hang up', run: (attacker) => lockAndHangUp(attacker, 320, 64) },
  { name: 'hang up with 10,000 gets pending', run: (attacker) => hangUpWithPending(attacker, 1) },
  { name: '100 hang up with 100 gets pending each', run: (attacker) => hangUpWithPending(attacker, 100) },
  { name: '/metrics 200 times, 20 at once', run: (attacker) => askOften(attacker, '/metrics') },
  { name: '/v1/cluster 200 times, 20 at once', run: (attacker) => askOften(attacker, '/v1/cluster') },
];

function php(id: string): string {
  const key = `memc.sess.key.${id}`;
  return `set ${key} 0 60 ${VALUE.length}\r\n${VALUE}\r\nget ${key}\r\n`;
}

function meta(id: string): string {
  const key = `memc.sess.key.${id}`;
  return `ms ${key} ${VALUE.length} T60\r\n${VALUE}\r\nmg ${key} v t f c\r\n`;
}
