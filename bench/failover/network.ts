import { execFileSync, spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Writable } from 'node:stream';
import { freePorts } from '../../test/support/free-ports.ts';

/** Where the nodes of a mesh are, and how they are reached by each other. */
export interface Network {
  /** `host:port` of each node's mesh port. */
  readonly addresses: readonly string[];
  /** What comes before a command that is to run on the host of this node. */
  prefix(node: number): readonly string[];
  /** From now on whatever goes to this node, or comes from it, is lost without a word. */
  cut(node: number): void;
  mend(node: number): void;
  remove(): void;
}

/** All on this machine. Nothing can be cut. */
export async function loopback(nodes: number): Promise<Network> {
  const ports = await freePorts(nodes);
  const cannot = (): void => {
    throw new Error('loopback cannot be cut');
  };
  return {
    addresses: ports.map((port) => `127.0.0.1:${port}`),
    prefix: () => [],
    cut: cannot,
    mend: cannot,
    remove: () => undefined,
  };
}

/** In namespaces of our own nobody else has it. */
const SUBNET = '10.77.0';
const MESH_PORT = 7421;

/** Whether this user may make network namespaces. */
export function hasNamespaces(): boolean {
  const name = `maglia-bench-${process.pid}-try`;
  try {
    ip('netns', 'add', name);
    ip('netns', 'del', name);
    return true;
  } catch {
    return false;
  }
}

/** Each node in a network namespace, as on a host of its own, all at a switch that has one for itself. */
export class Namespaces implements Network {
  readonly addresses: readonly string[];
  readonly #switch = `maglia-bench-${process.pid}-switch`;
  readonly #hosts: readonly string[];
  #switchboard: Switchboard | undefined;

  constructor(nodes: number) {
    this.#hosts = Array.from({ length: nodes }, (_, at) => `maglia-bench-${process.pid}-${at}`);
    this.addresses = this.#hosts.map((_, at) => `${SUBNET}.${at + 1}:${MESH_PORT}`);
    try {
      this.#plugTogether();
      this.#switchboard = new Switchboard(this.#switch);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  prefix(node: number): readonly string[] {
    return ['ip', 'netns', 'exec', this.#host(node)];
  }

  /** The cable is pulled at the switch: at the host's end everything looks well. */
  cut(node: number): void {
    this.#switchboard?.say(`link set ${port(node)} nomaster`);
  }

  mend(node: number): void {
    this.#switchboard?.say(`link set ${port(node)} master switch`);
  }

  remove(): void {
    this.#switchboard?.end();
    for (const name of [...this.#hosts, this.#switch]) {
      try {
        ip('netns', 'del', name);
      } catch {
        // It was never made.
      }
    }
  }

  #plugTogether(): void {
    ip('netns', 'add', this.#switch);
    ip('-n', this.#switch, 'link', 'add', 'switch', 'type', 'bridge');
    ip('-n', this.#switch, 'link', 'set', 'switch', 'up');
    for (const [node, host] of this.#hosts.entries()) {
      ip('netns', 'add', host);
      ip('-n', this.#switch, 'link', 'add', port(node), 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host);
      ip('-n', this.#switch, 'link', 'set', port(node), 'master', 'switch', 'up');
      ip('-n', host, 'addr', 'add', `${SUBNET}.${node + 1}/24`, 'dev', 'eth0');
      for (const device of ['lo', 'eth0']) ip('-n', host, 'link', 'set', device, 'up');
    }
  }

  #host(node: number): string {
    const host = this.#hosts[node];
    if (host === undefined) throw new RangeError(`no node ${node}`);
    return host;
  }
}

/** Carries out what it is told at once, for to start a program takes longer than what is to be measured can bear. */
class Switchboard {
  readonly #program: ChildProcessByStdio<Writable, null, null>;

  constructor(namespace: string) {
    this.#program = spawn('ip', ['-n', namespace, '-batch', '-'], { stdio: ['pipe', 'ignore', 'inherit'] });
  }

  say(line: string): void {
    if (this.#program.exitCode !== null) throw new Error(`ip has ended and does not hear: ${line}`);
    this.#program.stdin.write(`${line}\n`);
  }

  end(): void {
    this.#program.stdin.end();
  }
}

function port(node: number): string {
  return `port${node}`;
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' });
}
