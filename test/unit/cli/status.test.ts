import { describe, expect, it } from 'vitest';
import { troublesOf, describeCluster, formatAge } from '../../../src/cli/status.ts';
import type { ClusterView, PeerView, RefusalView } from '../../../src/routing/cluster-view.ts';

const PEER = { letter: 'b', state: 'alive', link: { state: 'up', why: 'greeted' } } as unknown as PeerView;

const REFUSAL: RefusalView = { refusal: 'wrong-map', explanation: 'its map is 99', from: '10.9.9.9', agoMs: 0 };

const WELL = {
  letter: 'a',
  tenure: { state: 'serving', why: 'asked all peers' },
  store: { kind: 'memcached', state: 'up' },
  peers: [PEER],
  strangers: [],
} as unknown as ClusterView;

describe('a mesh', () => {
  it('is well where this node serves, its store is up, and every peer is alive and linked', () => {
    expect(troublesOf(WELL)).toEqual([]);
    expect(troublesOf({ ...WELL, peers: [] })).toEqual([]);
  });

  it.each([
    ['this node does not serve', { ...WELL, tenure: { state: 'joining', why: 'starting' } }, 'node a is joining'],
    ['the store is down', { ...WELL, store: { kind: 'memcached', state: 'down' } }, 'the store of node a is down'],
    ...(['suspect', 'dead', 'left', 'returning'] as const).map(
      (state) => [`a peer is ${state}`, { ...WELL, peers: [{ ...PEER, state }] }, `node b is ${state}`] as const,
    ),
    [
      'a link is not up',
      { ...WELL, peers: [{ ...PEER, link: { state: 'waiting', why: 'refused' } }] },
      'the link to b is waiting',
    ],
    ['a peer calls that may not', { ...WELL, peers: [{ ...PEER, refused: REFUSAL }] }, 'calls of b were refused'],
  ] as [string, ClusterView, string][])('is not well where %s', (_, view, trouble) => {
    expect(troublesOf(view)).toEqual([trouble]);
  });

  it('is as well as before where a stranger knocked', () => {
    expect(troublesOf({ ...WELL, strangers: [REFUSAL] })).toEqual([]);
  });
});

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
