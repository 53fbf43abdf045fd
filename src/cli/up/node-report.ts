import type { Letter } from '../../session/letter.ts';
import { formatTable } from '../terminal-text.ts';

/** One ready node as `up --json` prints it. */
export interface NodeReport {
  readonly letter: Letter;
  readonly pid: number;
  /** Base URL of its HTTP door. */
  readonly http: string;
  /** `host:port` of its mesh port. */
  readonly mesh: string;
  /** `host:port` of its memcached door. */
  readonly memcached: string;
  /** `pid` is Memcached's; null for the embedded store. */
  readonly store: { readonly kind: 'memcached' | 'memory'; readonly pid: number | null };
}

/** What `up` prints when all nodes are ready: the table, lines to paste, and how to end it. */
export function describeMesh(nodes: readonly NodeReport[], directory: string): string {
  return [
    describeNodes(nodes),
    'Paste into another terminal: mint a session, read it through the next node, open it through the one after.\n',
    curlLines(nodes)
      .map((line) => `${line}\n`)
      .join(''),
    `Logs, secret and cluster.json are in ${directory}\nCtrl-C stops everything.\n`,
  ].join('\n');
}

export function describeNodes(nodes: readonly NodeReport[]): string {
  return formatTable(
    ['letter', 'http', 'memcached', 'mesh', 'store', 'pid'],
    nodes.map(({ letter, http, memcached, mesh, store, pid }) => [
      letter,
      http,
      memcached,
      mesh,
      store.pid === null ? store.kind : `${store.kind} (pid ${store.pid})`,
      String(pid),
    ]),
  );
}

/** Each on a line of its own, for any POSIX shell; the first sets `id` for the others. */
export function curlLines(nodes: readonly NodeReport[]): string[] {
  const json = "-H 'content-type: application/json'";
  const url = (at: number): string => `${nodes[at % nodes.length]?.http ?? ''}/v1/sessions`;
  return [
    `id=$(curl -s ${url(0)} ${json} -d '{"data":{"cart":["book"]}}' | sed 's/.*"id":"\\([^"]*\\)".*/\\1/'); echo "$id"`,
    `curl -s -w '\\n' ${url(1)}/$id`,
    `curl -s -w '\\n' ${url(2)}/open ${json} -d '{"id":"'$id'"}'`,
  ];
}
