import type { Command } from 'commander';
import type { ClusterView, PeerView, RefusalView } from '../routing/cluster-view.ts';
import type { CommandParts } from './context.ts';
import { callDaemon, daemonCommand, printAnswer, type DaemonOptions } from './daemon-command.ts';
import { EXIT } from './exit-codes.ts';
import { parseClusterView } from './http-client.ts';
import { withTerminalLines, formatTable } from './terminal-text.ts';

const HELP = `
Exit status:
  0   all is well: this node serves, its store is up, every peer is alive and linked to it
  1   it answered, and not all is well: the table says what
  4, 5 and others: it could not be asked, see \`maglia help\``;

/**
 * `maglia status`: the mesh as the daemon asked sees it. Its exit status says whether all is well, so that scripts and
 * monitoring need not read the table.
 */
export function statusCommand({ context, finish }: CommandParts): Command {
  return daemonCommand('status', 'the mesh as one daemon sees it: each node, its state and why')
    .addHelpText('after', HELP)
    .action(async (options: DaemonOptions) => {
      const answer = await callDaemon(context, options, { method: 'GET', path: '/v1/cluster' });
      const exitCode = printAnswer(context, options, answer, () =>
        describeCluster(withTerminalLines(parseClusterView(answer))).trimEnd(),
      );
      finish(exitCode === EXIT.ok && troublesOf(parseClusterView(answer)).length > 0 ? EXIT.no : exitCode);
    });
}

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

const HEADS = ['letter', 'state', 'for', 'link', 'wire', 'incarnation', 'address', 'why'];

/** The mesh as one node sees it, for a person: itself, its peers, and who does not talk to whom, with the reason. */
export function describeCluster(view: ClusterView): string {
  return [describeSelf(view), describePeers(view.peers), describeTroubles(view)]
    .filter((part) => part !== '')
    .join('\n');
}

function describeSelf({ letter, tenure, incarnation, store, mapDigest, software, wire }: ClusterView): string {
  const pid = store.pid === undefined ? '' : `, pid ${store.pid}`;
  const why = store.why === undefined ? '' : ` (${store.why})`;
  const speaks = wire === undefined ? '' : `, wire ${wire.oldest} to ${wire.newest}`;
  return [
    `node ${letter}: ${tenure.state} (${tenure.why}), incarnation ${incarnation}\n`,
    `store: ${store.kind}, ${store.state}${why}${pid}\n`,
    ...(store.outdated ?? []).map((text) => `store runs, until it is stopped, with ${text}\n`),
    `map ${mapDigest}, maglia ${software}${speaks}\n`,
  ].join('');
}

function describePeers(peers: readonly PeerView[]): string {
  if (peers.length === 0) return 'no peers: this node is alone in its map\n';
  return formatTable(
    HEADS,
    peers.map(({ letter, state, sinceMs, link, incarnation, address, why }) => [
      letter,
      state,
      formatAge(sinceMs),
      link.state,
      link.wire === undefined ? '-' : String(link.wire),
      String(incarnation),
      address,
      why,
    ]),
  );
}

function describeTroubles({ peers, strangers }: ClusterView): string {
  const lines = peers.flatMap(({ letter, link, refused }) => [
    ...(link.state === 'up' ? [] : [`link to ${letter}: ${link.state}, ${link.why}\n`]),
    ...(refused === undefined ? [] : [describeRefusal(`call of ${letter}`, refused)]),
  ]);
  return [...lines, ...strangers.map((stranger) => describeRefusal('call of a stranger', stranger))].join('');
}

function describeRefusal(what: string, { refusal, explanation, from, agoMs }: RefusalView): string {
  return `${what} from ${from} refused ${formatAge(agoMs)} ago, ${refusal}: ${explanation}\n`;
}

/** A time span in its one or two leading units. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${seconds % 60}s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h${minutes % 60}m` : `${Math.floor(hours / 24)}d${hours % 24}h`;
}
