import type { ClusterView } from '../routing/cluster-view.ts';

/**
 * What is not well with a mesh, as one node sees it, in a few words each; nothing where all is. Who this node refused
 * without being its peer does not count: anybody can knock.
 */
export function troublesOf({ letter, tenure, store, peers }: ClusterView): readonly string[] {
  return [
    ...(tenure.state === 'serving' ? [] : [`node ${letter} is ${tenure.state}`]),
    ...(store.state === 'up' ? [] : [`the store of node ${letter} is ${store.state}`]),
    ...peers.flatMap((peer) => [
      ...(peer.state === 'alive' ? [] : [`node ${peer.letter} is ${peer.state}`]),
      ...(peer.link.state === 'up' ? [] : [`the link to ${peer.letter} is ${peer.link.state}`]),
      ...(peer.refused === undefined ? [] : [`calls of ${peer.letter} were refused`]),
    ]),
  ];
}
