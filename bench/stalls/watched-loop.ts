import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import type { ClusterNode } from '../../test/support/cluster.ts';

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'loop-watch.mjs')).href;

/** What the event loop of a daemon did since it was last asked. */
export interface LoopReport {
  readonly stallMs: number;
  readonly collectionMs: number;
}

/** A daemon that tells how long its event loop was held. */
export class WatchedLoop {
  readonly #path: string;

  /** Starts the node with the watch in it. */
  constructor(node: ClusterNode) {
    this.#path = join(node.directory, 'loop.sock');
    node.spawn({ NODE_OPTIONS: `--import ${PRELOAD}`, LOOP_WATCH_SOCKET: this.#path });
  }

  /** The report, and the next one begins. */
  async take(): Promise<LoopReport> {
    return JSON.parse(await text(connect(this.#path))) as LoopReport;
  }
}
