import { afterEach, describe, expect, test } from 'vitest';
import { binaryRequest, storeExtras } from '../conformance/binary-request.ts';
import { Wire } from '../conformance/wire.ts';
import { freePorts } from '../support/free-ports.ts';
import { InProcessNode } from '../support/in-process-node.ts';

const USERS = { '/sasl': { text: 'shop:a-good-long-password\nadmin:another-password\n', mode: 0o600 } };
const AUTH_ERROR = 0x20;
const UNKNOWN_COMMAND = 0x81;

const open: { close(): Promise<void> | void }[] = [];

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

/** A door on this host, `0.0.0.0` for one that other machines reach. Resolves to where it is dialled. */
async function start(host: string, usersFile = '/sasl'): Promise<string> {
  const [port = 0] = await freePorts(1);
  const flags = { doorsMemcached: `${host}:${port}`, ...(usersFile !== '' && { doorsUsersFile: usersFile }) };
  open.push(await InProcessNode.start(flags, USERS));
  return `127.0.0.1:${port}`;
}

async function dial(address: string): Promise<Wire> {
  const wire = await Wire.open(address);
  open.push(wire);
  return wire;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Sends packets in one piece, and takes so many answers. */
async function ask(wire: Wire, packets: readonly Buffer[], count: number): Promise<Answer[]> {
  await wire.send(Buffer.concat(packets));
  await wire.until(() => answersIn(wire.received).length >= count);
  return answersIn(wire.take());
}

function answersIn(bytes: Buffer): Answer[] {
  const answers: Answer[] = [];
  for (let at = 0; at + 24 <= bytes.length;) {
    const end = at + 24 + bytes.readUInt32BE(at + 8);
    answers.push({ status: bytes.readUInt16BE(at + 6), body: bytes.toString('latin1', at + 24, end) });
    at = end;
  }
  return answers;
}

function plain(user: string, password: string, identity = ''): Buffer {
  return binaryRequest('saslAuth', { key: 'PLAIN', value: `${identity}\0${user}\0${password}` });
}

async function closes(wire: Wire): Promise<boolean> {
  await wire.until(() => wire.isClosed);
  return wire.isClosed;
}

/** All that comes back for these lines; the client ends. */
async function say(address: string, text: string): Promise<string> {
  const wire = await dial(address);
  await wire.send(Buffer.from(`${text}quit\r\n`));
  await closes(wire);
  return wire.take().toString('latin1');
}

const set = binaryRequest('set', { key: 'k', value: 'x', extras: storeExtras(0, 60) });
const get = binaryRequest('get', { key: 'k' });
const FLAGS = '\0\0\0\0';

describe('a door that other machines reach, in the binary protocol', () => {
  test('tells how to say who one is, and serves who has', async () => {
    const wire = await dial(await start('0.0.0.0'));
    const packets = [binaryRequest('saslListMechanisms'), plain('shop', 'a-good-long-password'), set, get];
    expect(await ask(wire, packets, 4)).toEqual([
      { status: 0, body: 'PLAIN' },
      { status: 0, body: 'Authenticated' },
      { status: 0, body: '' },
      { status: 0, body: `${FLAGS}x` },
    ]);
  });

  test('takes every user of its file, and an identity that is the user', async () => {
    const address = await start('0.0.0.0');
    for (const packet of [plain('admin', 'another-password'), plain('shop', 'a-good-long-password', 'shop')]) {
      expect(await ask(await dial(address), [packet], 1)).toEqual([{ status: 0, body: 'Authenticated' }]);
    }
  });

  test.each([
    ['get', get],
    ['set', set],
    ['quiet set', binaryRequest('setQ', { key: 'k', value: 'x', extras: storeExtras(0, 60) })],
    ['stat', binaryRequest('stat')],
    ['noop', binaryRequest('noop')],
    ['flush', binaryRequest('flush')],
  ])('answers a %s from whom it does not know with an error, and does none of what follows', async (_, packet) => {
    const address = await start('0.0.0.0');
    const wire = await dial(address);
    const [first] = await ask(wire, [packet, plain('shop', 'a-good-long-password'), set], 1);
    expect(first?.status).toBe(AUTH_ERROR);
    expect(await closes(wire)).toBe(true);
    const [, found] = await ask(await dial(address), [plain('shop', 'a-good-long-password'), get], 2);
    expect(found).toEqual({ status: 1, body: 'Not found' });
  });

  test.each([
    ['a wrong password', plain('shop', 'another-password')],
    ['a user that is not there', plain('nobody', 'a-good-long-password')],
    ['another identity', plain('shop', 'a-good-long-password', 'admin')],
    ['no password', binaryRequest('saslAuth', { key: 'PLAIN', value: '\0shop' })],
    ['another mechanism', binaryRequest('saslAuth', { key: 'LOGIN', value: '\0shop\0a-good-long-password' })],
    ['a step without a start', binaryRequest('saslStep', { key: 'PLAIN', value: '\0shop\0a-good-long-password' })],
  ])('turns %s away', async (_, packet) => {
    const wire = await dial(await start('0.0.0.0'));
    const answers = await ask(wire, [packet, get], 1);
    expect(answers.map(({ status }) => status)).toEqual([AUTH_ERROR]);
    expect(await closes(wire)).toBe(true);
  });

  test('turns credentials of more than 1 KiB away, and does not wait for them', async () => {
    const wire = await dial(await start('0.0.0.0'));
    const [first] = await ask(wire, [plain('shop', 'x'.repeat(1_000_000)).subarray(0, 24)], 1);
    expect(first).toMatchObject({ status: AUTH_ERROR });
    expect(await closes(wire)).toBe(true);
  });
});

describe('a door that other machines reach, in the text protocol', () => {
  test('takes user and password from a first set, as memcached with -Y does', async () => {
    const address = await start('0.0.0.0');
    expect(await say(address, 'set x 0 0 25\r\nshop a-good-long-password\r\nset k 0 60 1\r\nx\r\nget x k\r\n')).toBe(
      'STORED\r\nSTORED\r\nVALUE k 0 1\r\nx\r\nEND\r\n',
    );
  });

  test('says to anything else that it has to know first, whichever of text and meta it is', async () => {
    const address = await start('0.0.0.0');
    const refusal = 'CLIENT_ERROR unauthenticated\r\n';
    expect(await say(address, 'get k\r\nversion\r\nmg k v\r\nstats\r\nget a b\r\n')).toBe(refusal.repeat(5));
    expect(await say(address, 'add x 0 0 25\r\nshop a-good-long-password\r\nget k\r\n')).toBe(refusal.repeat(2));
  });

  test('turns a wrong password away, and hears nothing more', async () => {
    const address = await start('0.0.0.0');
    const failure = 'CLIENT_ERROR authentication failure\r\n';
    expect(
      await say(address, 'set x 0 0 24\r\nshop a-bad-long-password\r\nset x 0 0 25\r\nshop a-good-long-password\r\n'),
    ).toBe(failure);
    expect(await say(address, 'set x 0 0 4\r\nshop\r\n')).toBe(failure);
  });
});

describe('a door at which somebody guesses', () => {
  const WRONG = 'set x 0 0 24\r\nshop a-bad-long-password\r\n';
  const FAILURE = 'CLIENT_ERROR authentication failure\r\n';

  test('turns a value of more than 1 KiB away that is to be a password, and does not wait for it', async () => {
    const wire = await dial(await start('0.0.0.0'));
    await wire.send(Buffer.from('set x 0 0 1000000\r\n'));
    await wire.until(() => wire.received.length > 0);
    expect(wire.take().toString('latin1')).toBe(FAILURE);
    expect(await closes(wire)).toBe(true);
  });

  test('serves who has the password at once, also from there, and tells who has not, late, and when it closes', async () => {
    const address = await start('0.0.0.0');
    for (let n = 0; n < 3; n += 1) expect(await say(address, WRONG)).toBe(FAILURE);
    const guessers: Wire[] = [];
    // The last of them would wait for five seconds.
    for (const protocol of ['text', 'binary', 'text', 'binary', 'text', 'binary', 'text', 'binary']) {
      const guesser = await dial(address);
      guessers.push(guesser);
      await guesser.send(protocol === 'text' ? Buffer.from(WRONG) : plain('shop', 'a-bad-long-password'));
      // Answered or not: the door has heard this one before it hears the next.
      await say(address, 'set x 0 0 25\r\nshop a-good-long-password\r\n');
    }
    expect(await say(address, 'set x 0 0 25\r\nshop a-good-long-password\r\nget k\r\n')).toBe('STORED\r\nEND\r\n');
    expect(await ask(await dial(address), [plain('shop', 'a-good-long-password')], 1)).toMatchObject([{ status: 0 }]);
    expect(guessers.at(-1)?.received.length).toBe(0);
    await open.shift()?.close();
    await Promise.all(guessers.map(closes));
    expect(guessers.at(-2)?.take().toString('latin1')).toBe(FAILURE);
    expect(answersIn(guessers.at(-1)?.take() ?? Buffer.alloc(0))).toMatchObject([{ status: AUTH_ERROR }]);
  });
});

describe('a door on loopback', () => {
  test('with users asks everybody who it is, as any other (S7)', async () => {
    const address = await start('127.0.0.1');
    expect(await say(address, 'get k\r\n')).toBe('CLIENT_ERROR unauthenticated\r\n');
    expect(await ask(await dial(address), [get], 1)).toMatchObject([{ status: AUTH_ERROR }]);
    expect(await ask(await dial(address), [plain('shop', 'a-good-long-password'), set, get], 3)).toEqual([
      { status: 0, body: 'Authenticated' },
      { status: 0, body: '' },
      { status: 0, body: `${FLAGS}x` },
    ]);
  });

  test('without users knows no SASL, as a memcached without -S', async () => {
    const wire = await dial(await start('127.0.0.1', ''));
    const answers = await ask(
      wire,
      [binaryRequest('saslListMechanisms'), plain('shop', 'a-good-long-password'), get],
      3,
    );
    expect(answers.map(({ status }) => status)).toEqual([UNKNOWN_COMMAND, UNKNOWN_COMMAND, 1]);
  });
});

test('a door that other machines reach does not open without users', async () => {
  await expect(start('0.0.0.0', '')).rejects.toThrow(/no credentials.*doors\.usersFile/s);
});
