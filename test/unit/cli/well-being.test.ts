import { describe, expect, it } from 'vitest';
import { troublesOf } from '../../../src/cli/well-being.ts';
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
