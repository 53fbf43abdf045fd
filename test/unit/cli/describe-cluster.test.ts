import { describe, expect, it } from 'vitest';
import { describeCluster, formatAge } from '../../../src/cli/describe-cluster.ts';
import type { ClusterView } from '../../../src/routing/cluster-view.ts';

const ALONE = {
  letter: 'a',
  incarnation: 1_790_000_000_000,
  tenure: { state: 'serving', why: 'asked all peers' },
  mapDigest: '0123456789abcdef',
  software: '0.1.0',
  wire: { oldest: 3, newest: 4 },
  store: { kind: 'memcached', state: 'up', pid: 42 },
  peers: [],
  strangers: [],
} as unknown as ClusterView;

const IN_TROUBLE = {
  ...ALONE,
  peers: [
    {
      letter: 'b',
      address: '10.0.0.2:7421',
      state: 'alive',
      incarnation: 5,
      why: 'answers',
      sinceMs: 90_000,
      link: { state: 'up', why: 'greeted', wire: 3 },
    },
    {
      letter: 'c',
      address: '10.0.0.3:7421',
      state: 'dead',
      incarnation: 0,
      why: 'never seen',
      sinceMs: 2000,
      link: { state: 'refused', why: 'it has another secret' },
      refused: { refusal: 'wrong-map', explanation: 'its map is 99', from: '10.0.0.3', agoMs: 1500 },
    },
  ],
  strangers: [{ refusal: 'unknown-letter', explanation: 'z is not in the map', from: '10.9.9.9', agoMs: 0 }],
} as unknown as ClusterView;

describe('status', () => {
  it('says why the store is down', () => {
    const store = { kind: 'memcached', state: 'down', why: 'Memcached has not answered for 12 s', pid: 42 } as const;
    expect(describeCluster({ ...ALONE, store })).toContain(
      'store: memcached, down (Memcached has not answered for 12 s), pid 42\n',
    );
  });

  it('reads what a daemon of an older release says, which does not name the wire', () => {
    const { wire, ...older } = IN_TROUBLE;
    expect(wire).toBeDefined();
    expect(describeCluster(older).split('\n').slice(2, 3)).toEqual(['map 0123456789abcdef, maglia 0.1.0']);
  });

  it('says of a node alone what it is and that it has no peers', () => {
    expect(describeCluster(ALONE)).toBe(
      [
        'node a: serving (asked all peers), incarnation 1790000000000',
        'store: memcached, up, pid 42',
        'map 0123456789abcdef, maglia 0.1.0, wire 3 to 4',
        '',
        'no peers: this node is alone in its map',
        '',
      ].join('\n'),
    );
  });

  it('has a line for each peer, and one for each link that is not up and each refusal, with the reason', () => {
    expect(describeCluster(IN_TROUBLE).split('\n').slice(4)).toEqual([
      'letter  state  for    link     wire  incarnation  address        why',
      'b       alive  1m30s  up       3     5            10.0.0.2:7421  answers',
      'c       dead   2s     refused  -     0            10.0.0.3:7421  never seen',
      '',
      'link to c: refused, it has another secret',
      'call of c from 10.0.0.3 refused 1s ago, wrong-map: its map is 99',
      'call of a stranger from 10.9.9.9 refused 0s ago, unknown-letter: z is not in the map',
      '',
    ]);
  });
});

describe('an age', () => {
  it.each([
    [-5, '0s'],
    [59_999, '59s'],
    [60_000, '1m0s'],
    [3_725_000, '1h2m'],
    [200_000_000, '2d7h'],
  ])('of %i ms is %s', (ms, text) => {
    expect(formatAge(ms)).toBe(text);
  });
});
