import { spawn, type ChildProcess } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  closeSync,
  existsSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { ClusterView } from '../../src/routing/cluster-view.ts';
import { isLetter, type Letter } from '../../src/session/letter.ts';
import { LetterMap, type MeshAddress } from '../../src/session/letter-map.ts';
import { ownerLetter } from '../../src/session/session-id.ts';
import { freePorts } from './free-ports.ts';
import { hostAndPort } from './listening.ts';
import { SessionClient } from './session-client.ts';
import { until } from './until.ts';

const MAIN = join(import.meta.dirname, '../../dist/main.js');

export interface ClusterOptions {
  readonly letters?: readonly string[];
  readonly store?: 'memcached' | 'memory';
  /** Merged into every node's configuration file. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Merged into its `doors`. */
  readonly doors?: Readonly<Record<string, unknown>>;
}

/** What one node is told differently from the others. */
export interface NodeOverrides {
  readonly secret?: string;
  /** Merged into the map. A letter without an address is not in it. */
  readonly letters?: Readonly<Record<string, string | undefined>>;
  /** Where its mesh port listens, if not at its address in the map. */
  readonly listen?: string;
}

/** Where a node is reached. */
export interface NodeAddresses {
  /** A URL. */
  readonly http: string;
  /** `host:port`. */
  readonly mesh: string;
  /** `host:port`. */
  readonly memcached: string;
}

/** A node of the cluster: a real daemon process with its own files. */
export class ClusterNode {
  readonly letter: string;
  readonly http: string;
  readonly mesh: string;
  readonly memcached: string;
  readonly client: SessionClient;
  readonly directory: string;
  readonly #configPath: string;
  #process: ChildProcess | undefined;
  #exit: Promise<void> = Promise.resolve();

  constructor(letter: string, { http, mesh, memcached }: NodeAddresses, directory: string) {
    this.letter = letter;
    this.http = http;
    this.mesh = mesh;
    this.memcached = memcached;
    this.client = new SessionClient(http);
    this.directory = directory;
    this.#configPath = join(directory, 'cluster.json');
  }

  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error(`node ${this.letter} does not run`);
    return pid;
  }

  /** Starts the daemon and does not wait for it. @param openFiles how many files it may have open, other than ours */
  spawn(environment: NodeJS.ProcessEnv = {}, openFiles?: number): void {
    const log = openSync(join(this.directory, 'log'), 'a');
    const command = [process.execPath, MAIN, 'serve', '--config', this.#configPath, '--letter', this.letter];
    const limited = ['sh', '-c', `ulimit -n ${openFiles}; exec "$@"`, 'sh', ...command];
    const [program = '', ...args] = openFiles === undefined ? command : limited;
    const child = spawn(program, args, {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...environment },
    });
    closeSync(log);
    this.#process = child;
    this.#exit = new Promise((resolve) => child.once('exit', () => resolve()));
  }

  /** Starts the daemon and waits until it answers for its letter. */
  async start(): Promise<void> {
    this.spawn();
    await this.ready();
  }

  /** Waits until its HTTP door answers, whether it serves or not. */
  async up(): Promise<void> {
    const answers = (): Promise<boolean> =>
      this.client.call('GET', '/healthz').then(
        () => true,
        () => false,
      );
    await until(`node ${this.letter} has opened its door; its log: ${join(this.directory, 'log')}`, answers, 15_000);
  }

  async ready(): Promise<void> {
    await until(`node ${this.letter} is ready; its log: ${join(this.directory, 'log')}`, () => this.isReady(), 15_000);
  }

  async isReady(): Promise<boolean> {
    const answer = await this.client.call('GET', '/readyz').catch(() => undefined);
    return answer?.status === 200;
  }

  async view(): Promise<ClusterView> {
    const answer = await this.client.call('GET', '/v1/cluster');
    return answer.body as unknown as ClusterView;
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Waits until the daemon has ended by itself. */
  async ended(): Promise<number | null> {
    await this.#exit;
    return this.#process?.exitCode ?? null;
  }

  /** Ends the daemon and waits until it is gone. SIGKILL leaves its Memcached running. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.signal(signal);
    await this.#exit;
  }

  /** The Memcached that this node's daemon started, living or not. */
  async storePid(): Promise<number> {
    const { store } = await this.view();
    if (store.pid === undefined) throw new Error(`node ${this.letter} has no Memcached of its own`);
    return store.pid;
  }

  log(): string {
    return readFileSync(join(this.directory, 'log'), 'utf8');
  }

  /** Ends whatever is left of it. */
  async destroy(): Promise<void> {
    this.client.close();
    if (this.#process?.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill('SIGCONT');
      await this.end('SIGKILL');
    }
    this.killStore();
  }

  /** SIGKILLs the Memcached that the runtime directory names, if it still runs on our socket. */
  killStore(): void {
    const stateFile = join(this.directory, 'run', 'memcached.json');
    if (!existsSync(stateFile)) return;
    const { memcached } = JSON.parse(readFileSync(stateFile, 'utf8')) as { memcached: { pid: number } };
    const { pid } = memcached;
    const commandFile = `/proc/${pid}/cmdline`;
    if (existsSync(commandFile) && readFileSync(commandFile, 'utf8').includes(this.directory)) {
      process.kill(pid, 'SIGKILL');
    }
  }
}

/** A whole mesh of real daemons on this machine, cleaned up by `close`. */
export class Cluster {
  readonly nodes: readonly ClusterNode[];
  readonly #directory: string;
  readonly #strangers: ClusterNode[] = [];
  readonly #options: ClusterOptions;
  readonly #letters: Readonly<Record<string, string>>;

  constructor(
    nodes: readonly ClusterNode[],
    directory: string,
    letters: Record<string, string>,
    options: ClusterOptions,
  ) {
    this.nodes = nodes;
    this.#directory = directory;
    this.#letters = letters;
    this.#options = options;
  }

  node(letter: string): ClusterNode {
    const node = this.nodes.find((candidate) => candidate.letter === letter);
    if (node === undefined) throw new Error(`no node ${letter}`);
    return node;
  }

  /** Also of ids that no node minted. */
  ownerOf(id: string): ClusterNode {
    return this.node(ownerLetter(id, toLetterMap(this.#letters)));
  }

  /** Rewrites one node's files, for the next time that it starts. */
  configure(letter: string, overrides: NodeOverrides): void {
    const node = this.node(letter);
    writeNodeFiles(node, { ...this.#letters, ...overrides.letters }, this.#options, overrides);
  }

  /** A further daemon process, in nobody's place, not started. */
  async stranger(letter: string, overrides: NodeOverrides): Promise<ClusterNode> {
    const addresses = nodeAddresses(await freePorts(PORTS_PER_NODE));
    const directory = join(this.#directory, `stranger-${this.#strangers.length}`);
    mkdirSync(directory, { mode: 0o700 });
    const node = new ClusterNode(letter, addresses, directory);
    writeNodeFiles(node, { ...this.#letters, ...overrides.letters }, this.#options, {
      listen: node.mesh,
      ...overrides,
    });
    this.#strangers.push(node);
    return node;
  }

  /** As every node has it. */
  get mapDigest(): string {
    return toLetterMap(this.#letters).digest;
  }

  /** Waits until every one of these nodes considers every other alive. */
  async settled(letters: readonly string[] = this.nodes.map(({ letter }) => letter)): Promise<void> {
    for (const letter of letters) {
      await until(`${letter} holds ${letters.join('')} for alive`, async () => {
        const { peers, tenure } = await this.node(letter).view();
        const isAlive = (peer: string): boolean => peers.some((view) => view.letter === peer && view.state === 'alive');
        return tenure.state === 'serving' && letters.every((peer) => peer === letter || isAlive(peer));
      });
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.nodes, ...this.#strangers].map((node) => node.destroy()));
    const keepLogsIn = process.env['KEEP_LOGS_IN'];
    if (keepLogsIn !== undefined) this.#keepLogs(join(keepLogsIn, basename(this.#directory)));
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #keepLogs(directory: string): void {
    mkdirSync(directory, { recursive: true });
    for (const { letter, directory: from } of [...this.nodes, ...this.#strangers]) {
      copyFileSync(join(from, 'log'), join(directory, `${basename(from)}-${letter}.log`));
    }
  }
}

/** Makes the files of a cluster; no daemon runs yet. */
export async function prepareCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const letters = options.letters ?? ['a', 'b', 'c'];
  const directory = mkdtempSync(join(tmpdir(), 'maglia-cluster-'));
  const ports = await freePorts(PORTS_PER_NODE * letters.length);
  const nodes = letters.map((letter, at) => {
    const nodeDirectory = join(directory, letter);
    mkdirSync(nodeDirectory, { mode: 0o700 });
    return new ClusterNode(letter, nodeAddresses(ports.slice(PORTS_PER_NODE * at)), nodeDirectory);
  });
  const map = Object.fromEntries(nodes.map(({ letter, mesh }) => [letter, mesh]));
  for (const node of nodes) writeNodeFiles(node, map, options);
  return new Cluster(nodes, directory, map, options);
}

/**
 * For tests of everything but death by silence: on a machine whose few cores the test itself keeps busy, a node may well
 * be late by as much as the usual timings forgive.
 */
export const CALM = {
  timings: { suspectAfterMs: 500, deadAfterMs: 1500, operationMs: 1000, storeMs: 500, hardCapMs: 2000 },
};

/** A running cluster in which every node considers every other alive. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const cluster = await prepareCluster(options);
  try {
    await Promise.all(cluster.nodes.map((node) => node.start()));
    await cluster.settled();
  } catch (error) {
    const logs = cluster.nodes.map((node) => `--- ${node.letter}\n${node.log().slice(-2000)}`).join('\n');
    await cluster.close();
    throw new Error(`the cluster did not start\n${logs}`, { cause: error });
  }
  return cluster;
}

const PORTS_PER_NODE = 3;

function nodeAddresses([http = 0, mesh = 0, memcached = 0]: readonly number[]): NodeAddresses {
  return {
    http: `http://127.0.0.1:${http}`,
    mesh: `127.0.0.1:${mesh}`,
    memcached: `127.0.0.1:${memcached}`,
  };
}

function toLetterMap(letters: Readonly<Record<string, string>>): LetterMap {
  const addresses = new Map<Letter, MeshAddress>();
  for (const [letter, address] of Object.entries(letters)) {
    if (isLetter(letter)) addresses.set(letter, hostAndPort(address));
  }
  return new LetterMap(addresses);
}

export const SECRET = 'a secret that only these tests share';

function writeNodeFiles(
  node: ClusterNode,
  letters: Readonly<Record<string, string | undefined>>,
  options: ClusterOptions,
  { secret = SECRET, listen }: NodeOverrides = {},
): void {
  const config = {
    letters,
    secretFile: 'secret',
    runtimeDirectory: join(node.directory, 'run'),
    doors: { http: [node.http.replace('http://', '')], memcached: [node.memcached], ...options.doors },
    store: { kind: options.store ?? 'memcached' },
    ...(listen !== undefined && { mesh: { listen } }),
    ...options.config,
  };
  writeFileSync(join(node.directory, 'secret'), secret, { mode: 0o600 });
  writeFileSync(join(node.directory, 'cluster.json'), JSON.stringify(config), { mode: 0o600 });
}
