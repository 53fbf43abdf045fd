import { arithmeticExtras, binaryRequest, numberExtras, storeExtras } from '../binary-request.ts';
import type { Scenario } from '../scenario.ts';

const NEVER_CREATE = 0xffffffff;
const extras = storeExtras(7, 100);
const touchExtras = numberExtras(100);
const noop = binaryRequest('noop');
const set = binaryRequest('set', { key: 'a', extras, value: 'abc' });
const get = binaryRequest('get', { key: 'a' });

function quietly(...requests: readonly Buffer[]): Buffer {
  return Buffer.concat([...requests, noop]);
}

/** A packet that closes the connection, after one that shows that it was open. */
function closing(name: string, packet: Buffer): Scenario {
  return { name: `closes: ${name}`, steps: [noop, quietly(packet)] };
}

/** The binary protocol, where maglia means to be no different from memcached. */
export const binaryScenarios: readonly Scenario[] = [
  { name: 'noop and version', steps: [noop, binaryRequest('version'), binaryRequest('noop', { opaque: 1 })] },
  {
    name: 'set and get, all kinds of get',
    steps: [
      get,
      set,
      get,
      quietly(binaryRequest('getQ', { key: 'a' })),
      quietly(binaryRequest('getQ', { key: 'b' })),
      binaryRequest('getK', { key: 'a' }),
      binaryRequest('getK', { key: 'b' }),
      quietly(binaryRequest('getKQ', { key: 'a' }), binaryRequest('getKQ', { key: 'b' })),
      quietly(binaryRequest('setQ', { key: 'a', extras, value: '' })),
      get,
    ],
  },
  {
    name: 'keys that there cannot be are not there',
    steps: [
      binaryRequest('get', { key: 'a b' }),
      binaryRequest('getK', { key: 'a\r\ndelete b' }),
      quietly(binaryRequest('getQ', { key: 'a\x01' }), binaryRequest('getKQ', { key: 'a\x01' })),
      binaryRequest('gat', { key: 'a b', extras: touchExtras }),
      binaryRequest('touch', { key: 'a b', extras: touchExtras }),
      binaryRequest('delete', { key: 'a b' }),
      quietly(binaryRequest('deleteQ', { key: 'a b' })),
    ],
  },
  {
    name: 'a value that is too large takes the old one away',
    steps: [set, binaryRequest('set', { key: 'a', extras, value: 'x'.repeat(1048577) }), get],
  },
  {
    name: 'cas',
    steps: [
      binaryRequest('set', { key: 'a', extras, value: 'x', cas: 1 }),
      set,
      binaryRequest('set', { key: 'a', extras, value: 'abd', cas: 1 }),
      binaryRequest('set', { key: 'a', extras, value: 'abe', cas: 1 }),
      quietly(binaryRequest('setQ', { key: 'a', extras, value: 'abe', cas: 0xffffffffffffffffn })),
      binaryRequest('add', { key: 'a', extras, value: 'abe', cas: 9 }),
      binaryRequest('add', { key: 'b', extras, value: 'abe', cas: 9 }),
      binaryRequest('replace', { key: 'a', extras, value: 'abf', cas: 9 }),
      binaryRequest('replace', { key: 'a', extras, value: 'abf', cas: 2 }),
      binaryRequest('append', { key: 'a', value: 'X', cas: 9 }),
      binaryRequest('append', { key: 'a', value: 'X', cas: 3 }),
      binaryRequest('delete', { key: 'a', cas: 9 }),
      get,
      binaryRequest('delete', { key: 'a', cas: 4 }),
    ],
  },
  {
    name: 'add and replace',
    steps: [
      binaryRequest('replace', { key: 'a', extras, value: '1' }),
      quietly(binaryRequest('replaceQ', { key: 'a', extras, value: '1' })),
      binaryRequest('add', { key: 'a', extras, value: '2' }),
      binaryRequest('add', { key: 'a', extras, value: '3' }),
      quietly(binaryRequest('addQ', { key: 'a', extras, value: '3' })),
      quietly(binaryRequest('addQ', { key: 'b', extras, value: '4' })),
      binaryRequest('replace', { key: 'a', extras, value: '5' }),
      quietly(binaryRequest('replaceQ', { key: 'a', extras, value: '6' })),
      get,
    ],
  },
  {
    name: 'append and prepend',
    steps: [
      binaryRequest('append', { key: 'a', value: 'X' }),
      binaryRequest('prepend', { key: 'a', value: 'X' }),
      quietly(binaryRequest('appendQ', { key: 'a', value: 'X' }), binaryRequest('prependQ', { key: 'a', value: 'X' })),
      set,
      binaryRequest('append', { key: 'a', value: 'X' }),
      binaryRequest('prepend', { key: 'a', value: 'Y' }),
      quietly(binaryRequest('appendQ', { key: 'a', value: 'Z' }), binaryRequest('prependQ', { key: 'a', value: 'Z' })),
      get,
    ],
  },
  {
    name: 'delete',
    steps: [
      binaryRequest('delete', { key: 'a' }),
      quietly(binaryRequest('deleteQ', { key: 'a' })),
      set,
      binaryRequest('delete', { key: 'a' }),
      set,
      quietly(binaryRequest('deleteQ', { key: 'a' })),
      get,
    ],
  },
  {
    name: 'increment and decrement',
    steps: [
      binaryRequest('increment', { key: 'n', extras: arithmeticExtras(1n, 0n, NEVER_CREATE) }),
      quietly(binaryRequest('incrementQ', { key: 'n', extras: arithmeticExtras(1n, 0n, NEVER_CREATE) })),
      binaryRequest('increment', { key: 'n', extras: arithmeticExtras(1n, 5n, 100) }),
      binaryRequest('increment', { key: 'n', extras: arithmeticExtras(3n, 5n, 100) }),
      binaryRequest('decrement', { key: 'n', extras: arithmeticExtras(30n, 5n, 100) }),
      quietly(binaryRequest('incrementQ', { key: 'n', extras: arithmeticExtras(30n, 5n, 100) })),
      quietly(binaryRequest('decrementQ', { key: 'n', extras: arithmeticExtras(3n, 5n, 100) })),
      quietly(binaryRequest('decrementQ', { key: 'm', extras: arithmeticExtras(3n, 5n, 0) })),
      binaryRequest('increment', { key: 'n', extras: arithmeticExtras(0xffffffffffffffffn, 0n, 0) }),
      binaryRequest('increment', { key: 'n', extras: arithmeticExtras(1n, 0n, 0), cas: 99 }),
      binaryRequest('get', { key: 'n' }),
      binaryRequest('get', { key: 'm' }),
      set,
      binaryRequest('increment', { key: 'a', extras: arithmeticExtras(1n, 0n, 0) }),
    ],
  },
  {
    name: 'touch and get and touch',
    steps: [
      binaryRequest('touch', { key: 'a', extras: touchExtras }),
      binaryRequest('gat', { key: 'a', extras: touchExtras }),
      binaryRequest('gatK', { key: 'a', extras: touchExtras }),
      quietly(binaryRequest('gatQ', { key: 'a', extras: touchExtras })),
      quietly(binaryRequest('gatKQ', { key: 'a', extras: touchExtras })),
      set,
      binaryRequest('touch', { key: 'a', extras: touchExtras }),
      binaryRequest('gat', { key: 'a', extras: touchExtras }),
      binaryRequest('gatK', { key: 'a', extras: touchExtras }),
      quietly(binaryRequest('gatQ', { key: 'a', extras: touchExtras })),
      quietly(binaryRequest('gatKQ', { key: 'a', extras: touchExtras })),
    ],
  },
  {
    name: 'flush',
    steps: [
      set,
      binaryRequest('flush'),
      get,
      set,
      binaryRequest('flush', { extras: numberExtras(0) }),
      get,
      quietly(binaryRequest('flushQ'), binaryRequest('flushQ', { extras: numberExtras(0) })),
    ],
  },
  {
    name: 'stat',
    steps: [binaryRequest('stat', { key: 'reset' }), binaryRequest('stat', { key: 'nonsense' })],
  },
  {
    name: 'SASL, where it is not configured',
    steps: [
      quietly(binaryRequest('saslListMechanisms')),
      quietly(binaryRequest('saslAuth', { key: 'PLAIN', value: '\x00user\x00password' })),
      quietly(binaryRequest('saslStep', { key: 'PLAIN', value: '\x00user\x00password' })),
    ],
  },
  {
    name: 'opcodes that nobody knows',
    steps: [
      quietly(binaryRequest(0x1f)),
      quietly(binaryRequest(0x40)),
      quietly(binaryRequest(0xff, { value: 'value' })),
    ],
  },
  {
    name: 'keys of 250 bytes, keys in UTF-8',
    steps: [
      binaryRequest('getK', { key: 'k'.repeat(250) }),
      binaryRequest('set', { key: 'caf\xc3\xa9', extras, value: '1' }),
      binaryRequest('getK', { key: 'caf\xc3\xa9' }),
    ],
  },
  {
    name: 'a value that is too large is passed over',
    steps: [
      quietly(binaryRequest('set', { key: 'big', extras, value: 'x'.repeat(1048576) })),
      quietly(binaryRequest('setQ', { key: 'big', extras, value: 'x'.repeat(1048576) })),
      quietly(binaryRequest('append', { key: 'big', value: 'x'.repeat(1048576) })),
      binaryRequest('set', { key: 'a', extras, value: 'x'.repeat(1048512) }),
      binaryRequest('set', { key: 'b', extras, value: 'x'.repeat(1048513) }),
      binaryRequest('set', { key: 'c', extras: storeExtras(0, 0), value: 'x'.repeat(1048516) }),
      binaryRequest('set', { key: 'd', extras: storeExtras(0, 0), value: 'x'.repeat(1048517) }),
    ],
  },
  { name: 'quit', steps: [quietly(set, binaryRequest('quit'))] },
  { name: 'quiet quit', steps: [quietly(set, binaryRequest('quitQ'))] },
  closing('version with a key', binaryRequest('version', { key: 'a' })),
  closing('noop with a value', binaryRequest('noop', { value: 'a' })),
  closing('get without a key', binaryRequest('get')),
  closing('get with a value', binaryRequest('get', { key: 'a', value: 'x' })),
  closing('get with extras', binaryRequest('get', { key: 'a', extras: touchExtras })),
  closing('set without extras', binaryRequest('set', { key: 'a', value: 'abc' })),
  closing('set without a key', binaryRequest('set', { extras, value: 'abc' })),
  closing('append with extras', binaryRequest('append', { key: 'a', extras, value: 'X' })),
  closing('delete with a value', binaryRequest('delete', { key: 'a', value: 'X' })),
  closing('increment with other extras', binaryRequest('increment', { key: 'a', extras: touchExtras })),
  closing('touch without extras', binaryRequest('touch', { key: 'a' })),
  closing('flush with a key', binaryRequest('flush', { key: 'a' })),
  closing('stat with extras', binaryRequest('stat', { key: 'a', extras: touchExtras })),
  closing('quit with a key', binaryRequest('quit', { key: 'a' })),
  closing('SASL list with a key', binaryRequest('saslListMechanisms', { key: 'a' })),
  closing('a key of 251 bytes', binaryRequest('get', { key: 'k'.repeat(251) })),
  closing('a body shorter than its key', binaryRequest('get', { key: 'abc', bodyBytes: 1 })),
  closing('another magic', binaryRequest('noop', { magic: 0x81 })),
];
