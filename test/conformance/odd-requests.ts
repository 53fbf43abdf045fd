import fc, { type Arbitrary } from 'fast-check';
import { binaryRequest, storeExtras } from './binary-request.ts';

/*
 * Requests that no command stands for: refused ones, those that want no answer, those about several keys. Both answer
 * them alike; what they answer differently stands in `intended-differences.ts`.
 */

const TOO_LONG_KEY = 'k'.repeat(251);
const A_NUMBER = '18446744073709551615';

export const oddTextRequests: Arbitrary<Buffer> = lines(
  'get',
  'get a b missing a',
  'gets caf\xc3\xa9 a b',
  'gat 0 b a missing',
  'gats 1000000 a b',
  'gat x a',
  `get ${TOO_LONG_KEY}`,
  'set a 0 0 1 noreply\r\n7',
  'add b 5 0 2 noreply\r\n12',
  `cas a 0 0 1 ${A_NUMBER} noreply\r\n8`,
  'append b 0 0 1 noreply\r\n3',
  'delete a noreply',
  'delete b 0',
  'delete b 5',
  'incr b 1 noreply',
  'decr a 1 noreply',
  `incr a ${A_NUMBER}`,
  'incr a x',
  'incr a',
  'decr b -1',
  'touch a 0 noreply',
  'touch b x',
  'touch a',
  'verbosity 1',
  'flush_all noreply',
  'flush_all x',
  'nonsense',
  'nonsense a b c',
  'stats noblah',
  '',
);

export const oddMetaRequests: Arbitrary<Buffer> = lines(
  'mg',
  'mg missing k O9 v',
  'mg missing q v',
  'mg a !',
  'mg b s v s',
  `mg ${TOO_LONG_KEY} v`,
  'mg YQ== b v',
  'ms a 1 MX\r\n1',
  'ms b 1 q I\r\n1',
  'ms a 1 Fx\r\n1',
  'md missing q',
  'md missing O7 k',
  'md a !',
  'ma a MX',
  'ma a Dx',
  'ma missing q',
  'ma missing O1 k',
  'me missing',
  'mx a',
  'mn',
);

const EXPTIME_PAST = 2_592_001;

export const oddPackets: Arbitrary<Buffer> = fc.constantFrom(
  binaryRequest('getK', { key: 'a' }),
  binaryRequest('getKQ', { key: 'b' }),
  binaryRequest('getKQ', { key: 'missing' }),
  binaryRequest('getK', { key: 'missing' }),
  binaryRequest('gatK', { key: 'caf\xc3\xa9', extras: Buffer.alloc(4) }),
  binaryRequest('gatKQ', { key: 'missing', extras: Buffer.alloc(4) }),
  binaryRequest('version'),
  binaryRequest('setQ', { key: 'b', value: '11', extras: storeExtras(1, 0) }),
  binaryRequest('set', { key: 'b', value: '11', extras: storeExtras(1, EXPTIME_PAST) }),
  binaryRequest('addQ', { key: 'a', value: 'x', extras: storeExtras(0, 0) }),
  binaryRequest('replaceQ', { key: 'missing', value: 'x', extras: storeExtras(0, 0) }),
  binaryRequest('deleteQ', { key: 'missing' }),
  binaryRequest(0x40),
  binaryRequest('noop', { opaque: 1 }),
);

function lines(...all: readonly string[]): Arbitrary<Buffer> {
  return fc.constantFrom(...all).map((line) => Buffer.from(`${line}\r\n`, 'latin1'));
}
