import type { ClusterNode } from './cluster.ts';

/**
 * Somebody with one session who keeps clicking while daemons are replaced, through whichever host has a daemon. It remembers what it
 * was told, and notes whatever breaks a promise.
 */
export class UpgradeVisitor {
  readonly name: string;
  readonly id: string;
  /** Promises that were broken, in words. */
  readonly faults: string[] = [];
  readonly #nodes: readonly ClusterNode[];
  #isLeaving = false;
  #clicks = 0;
  /** The newest number that was surely stored, and the newest that may have been. */
  #stored = 0;
  #tried = 0;

  private constructor(name: string, id: string, nodes: readonly ClusterNode[]) {
    this.name = name;
    this.id = id;
    this.#nodes = nodes;
  }

  /** A visitor whose session is the first node's. */
  static async of(name: string, nodes: readonly ClusterNode[]): Promise<UpgradeVisitor> {
    const [first] = nodes;
    if (first === undefined) throw new RangeError('a visitor needs a node');
    const { id } = await first.client.mint({ name, n: 0 });
    return new UpgradeVisitor(name, id, nodes);
  }

  /** Writes that it was told of. */
  get stored(): number {
    return this.#stored;
  }

  /** Clicks until it is told to leave. */
  async browse(): Promise<void> {
    while (!this.#isLeaving) {
      const node = this.#nodes[this.#clicks % this.#nodes.length];
      this.#clicks += 1;
      // No daemon runs there now: the balancer takes the next host.
      if (node !== undefined) await this.#click(node).catch(() => undefined);
    }
  }

  leave(): void {
    this.#isLeaving = true;
  }

  async #click(node: ClusterNode): Promise<void> {
    if (this.#clicks % 2 === 0) await this.#write(node);
    else await this.#read(node);
  }

  async #read(node: ClusterNode): Promise<void> {
    const { status, body } = await node.client.get(this.id);
    if (status >= 500) return;
    const data = body['data'] as { readonly name?: unknown; readonly n?: unknown } | undefined;
    if (status !== 200) this.#fault(node, `S3: a read is answered ${status} ${JSON.stringify(body)}`);
    else if (data?.name !== this.name) this.#fault(node, `S0: it reads the session of ${JSON.stringify(data)}`);
    else if (typeof data.n !== 'number' || data.n < this.#stored || data.n > this.#tried) {
      this.#fault(node, `S1: it reads ${String(data.n)}, and stored ${this.#stored} to ${this.#tried}`);
    }
  }

  async #write(node: ClusterNode): Promise<void> {
    const n = (this.#tried += 1);
    const { status, body } = await node.client.put(this.id, { name: this.name, n });
    if (status === 200) this.#stored = n;
    else if (status < 500) this.#fault(node, `S3: a write is answered ${status} ${JSON.stringify(body)}`);
  }

  #fault(node: ClusterNode, what: string): void {
    this.faults.push(`${this.name} through ${node.letter}: ${what}`);
  }
}
