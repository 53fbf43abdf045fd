import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterView } from '../../src/routing/cluster-view.ts';
import { until } from '../../test/support/until.ts';
import { SocketClient, type Answer } from './socket-client.ts';

const MAIN = join(import.meta.dirname, '../../dist/main.js');
const SECRET = 'a secret that only this bench shares';
const START_MS = 30_000;
const MINT_MS = 30_000;

export interface FailoverNodeOptions {
  readonly letter: string;
  readonly letters: Readonly<Record<string, string>>;
  /** What comes before the daemon's command. */
  readonly prefix: readonly string[];
  readonly directory: string;
}

/** A daemon with the shipped timings that is to be killed, frozen and cut off, and comes back each time. */
export class FailoverNode {
  readonly letter: string;
  readonly client: SocketClient;
  readonly #prefix: readonly string[];
  readonly #directory: string;
  #process: ChildProcess | undefined;
  #exit: Promise<void> = Promise.resolve();

  constructor({ letter, letters, prefix, directory }: FailoverNodeOptions) {
    this.letter = letter;
    this.#prefix = prefix;
    this.#directory = join(directory, letter);
    const door = join(this.#directory, 'http.sock');
    this.client = new SocketClient(door);
    mkdirSync(this.#directory, { mode: 0o700 });
    writeFileSync(join(this.#directory, 'secret'), SECRET, { mode: 0o600 });
    const config = {
      ...{ letters, secretFile: 'secret', runtimeDirectory: join(this.#directory, 'run') },
      ...{ doors: { http: [door] }, store: { kind: 'memory' } },
    };
    writeFileSync(join(this.#directory, 'cluster.json'), JSON.stringify(config));
  }

  async start(): Promise<void> {
    const log = openSync(join(this.#directory, 'log'), 'a');
    const config = join(this.#directory, 'cluster.json');
    const [program = '', ...args] = [
      ...this.#prefix,
      ...[process.execPath, MAIN, 'serve', '--config', config, '--letter', this.letter],
    ];
    const child = spawn(program, args, { stdio: ['ignore', log, log] });
    closeSync(log);
    this.#process = child;
    this.#exit = new Promise((resolve) => child.once('exit', () => resolve()));
    try {
      await until(`node ${this.letter} is ready`, () => this.#isReady(), START_MS);
    } catch (error) {
      throw new Error(readFileSync(join(this.#directory, 'log'), 'utf8').slice(-2000), { cause: error });
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  async gone(): Promise<void> {
    await this.#exit;
  }

  /** Whether it serves its letter, and considers all these alive. */
  async holdsAlive(letters: readonly string[]): Promise<boolean> {
    const answer = await this.client.call('GET', '/v1/cluster').catch(() => undefined);
    if (answer?.status !== 200) return false;
    const { peers, tenure } = answer.body as unknown as ClusterView;
    const alive = peers.filter(({ state }) => state === 'alive').map(({ letter }): string => letter);
    return tenure.state === 'serving' && letters.every((letter) => letter === this.letter || alive.includes(letter));
  }

  /** @returns their ids */
  mint(count: number): Promise<string[]> {
    return Promise.all(Array.from({ length: count }, () => this.#mintOne()));
  }

  /** A busy machine may have it doubt itself for a moment; then it is asked again. */
  async #mintOne(): Promise<string> {
    const minted = await until(`node ${this.letter} mints`, () => this.#tryToMint(), MINT_MS);
    if (minted.status !== 201 || typeof minted.body['id'] !== 'string')
      throw new Error(`mint answered ${minted.status}`);
    return minted.body['id'];
  }

  async #tryToMint(): Promise<Answer | undefined> {
    const answer = await this.client.call('POST', '/v1/sessions', { data: { cart: ['book'] } });
    return answer.status === 503 ? undefined : answer;
  }

  async end(): Promise<void> {
    this.client.close();
    this.signal('SIGKILL');
    await this.#exit;
  }

  async #isReady(): Promise<boolean> {
    const answer = await this.client.call('GET', '/readyz').catch(() => undefined);
    return answer?.status === 200;
  }
}
