import { describe, expect, test } from 'vitest';
import { Refusals } from '../../../src/membership/refusals.ts';
import type { ClusterView } from '../../../src/routing/cluster-view.ts';
import { viewCluster } from '../../../src/routing/view-cluster.ts';
import { a, b, c } from '../membership/membership-setup.ts';
import { FENCE_MS, LIFE, OUR_LIFE, RoutingNode } from './node-setup.ts';

interface ViewSetup {
  readonly node: RoutingNode;
  readonly refusals: Refusals;
  readonly view: () => ClusterView;
}

function setUp(letters = 'abc'): ViewSetup {
  const node = new RoutingNode(letters);
  const { map, tenure, members, store, clock } = node;
  const refusals = new Refusals(clock, (letter) => members.letters.includes(letter));
  const links = node.to.bind(node);
  const view = (): ClusterView =>
    viewCluster({ letter: a, map, software: '1.2.3', tenure, members, refusals, links, store, clock });
  return { node, refusals, view };
}

describe('the mesh as this node sees it', () => {
  test('is itself, its store, its map and its peers', () => {
    const { node, view } = setUp();
    node.clock.advance(40);
    expect(view()).toEqual({
      letter: a,
      incarnation: OUR_LIFE,
      tenure: { state: 'serving', why: 'confirmed by a peer, or alone' },
      mapDigest: node.map.digest,
      software: '1.2.3',
      store: { kind: 'memory', state: 'up' },
      peers: [
        {
          ...{ letter: b, address: '10.0.0.2:7421', state: 'alive', incarnation: LIFE, why: 'a test', sinceMs: 40 },
          link: { state: 'up', why: 'welcomed' },
        },
        {
          ...{ letter: c, address: '10.0.0.3:7421', state: 'alive', incarnation: LIFE, why: 'a test', sinceMs: 40 },
          link: { state: 'up', why: 'welcomed' },
        },
      ],
      strangers: [],
    });
  });

  test('is itself alone where there are no peers', () => {
    const { view } = setUp('a');
    expect(view().peers).toEqual([]);
  });

  test('says whether it answers for its letter, and why not', () => {
    const { node, view } = setUp();
    node.clock.advance(FENCE_MS);
    expect(view().tenure).toEqual({ state: 'serving', why: 'asking the peers whether it is still considered alive' });
    node.tenure.lose('b considers this life dead');
    expect(view().tenure).toEqual({ state: 'joining', why: 'b considers this life dead' });
    node.tenure.rejoin(OUR_LIFE + 1, 'a peer remembers a later life');
    expect(view().incarnation).toBe(OUR_LIFE + 1);
    node.tenure.leave();
    expect(view().tenure).toEqual({ state: 'leaving', why: 'closing' });
  });

  test('shows each state that a peer can be in', () => {
    const { node, view } = setUp();
    const shown = (): unknown[] => view().peers.map(({ state, incarnation }) => [state, incarnation]);
    node.suspect(b);
    node.become(c, { kind: 'left', incarnation: LIFE });
    expect(shown()).toEqual([
      ['suspect', LIFE],
      ['left', LIFE],
    ]);
    node.kill(b);
    node.become(c, { kind: 'returning', incarnation: LIFE + 1, former: { kind: 'left', incarnation: LIFE } });
    expect(shown()).toEqual([
      ['dead', LIFE],
      ['returning', LIFE + 1],
    ]);
  });

  test('says of a link that is refused which refusal it is', () => {
    const { node, view } = setUp();
    node.to(b).state = { kind: 'refused', refusal: 'wrong-map', why: 'its map is 1234, ours is 5678' };
    node.to(c).state = { kind: 'waiting', why: 'connect ECONNREFUSED' };
    expect(view().peers.map(({ link }) => link)).toEqual([
      { state: 'refused', why: 'wrong-map: its map is 1234, ours is 5678' },
      { state: 'waiting', why: 'connect ECONNREFUSED' },
    ]);
  });
});

describe('whom it refused', () => {
  const refusal = { refusal: 'wrong-secret', explanation: 'its secret is another' } as const;

  test('stands beside the peer whose letter that was, with how long ago', () => {
    const { node, refusals, view } = setUp();
    refusals.record({ ...refusal, letter: b, from: '10.0.0.2:40000' });
    node.clock.advance(1500);
    const [first, second] = view().peers;
    expect(first?.refused).toEqual({ ...refusal, from: '10.0.0.2:40000', agoMs: 1500 });
    expect(second).not.toHaveProperty('refused');
    expect(view().strangers).toEqual([]);
  });

  test('stands among the strangers where it is no peer\u2019s letter, or our own', () => {
    const { node, refusals, view } = setUp();
    refusals.record({ ...refusal, from: '10.0.0.9:1' });
    refusals.record({ refusal: 'duplicate-letter', explanation: 'it calls itself a', letter: a, from: '10.0.0.9:2' });
    node.clock.advance(10);
    expect(view().strangers).toEqual([
      { ...refusal, from: '10.0.0.9:1', agoMs: 10 },
      { refusal: 'duplicate-letter', explanation: 'it calls itself a', from: '10.0.0.9:2', agoMs: 10 },
    ]);
  });
});
