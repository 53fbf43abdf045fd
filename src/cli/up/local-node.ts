import type { Clock } from '../../clock.ts';
import type { EnvironmentValues } from '../../config/sources.ts';
import { CliError, hasCode } from '../../errors.ts';
import { becomesTrue } from '../../store/memcached-life.ts';
import { MemcachedStateFile } from '../../store/memcached-state-file.ts';
import { isAlive } from '../../store/process-identity.ts';
import { EXIT } from '../exit-codes.ts';
import { parseClusterView, HttpClient } from '../http-client.ts';
import type { MeshDirectory } from './mesh-directory.ts';
import { isSettledWithin, NodeProcess } from './node-process.ts';
import type { NodeReport } from './node-report.ts';
import { HOST, type Seat } from './ports.ts';

/** Where `up` is with one of its nodes. */
export type NodePhase = 'down' | 'starting' | 'running' | 'closed';
export type NodeEvent = 'start' | 'ready' | 'ended' | 'close';

const NEXT: Record<NodePhase, Record<NodeEvent, NodePhase>> = {
  down: { start: 'starting', ready: 'down', ended: 'down', close: 'closed' },
  starting: { start: 'starting', ready: 'running', ended: 'down', close: 'closed' },
  running: { start: 'running', ready: 'running', ended: 'down', close: 'closed' },
  closed: { start: 'closed', ready: 'closed', ended: 'closed', close: 'closed' },
};

export function transition(phase: NodePhase, event: NodeEvent): NodePhase {
  return NEXT[phase][event];
}

const READY_MS = 15_000;
const READY_POLL_MS = 50;
const READY_ASK_MS = 1000;

export interface LocalNodeParts {
  readonly clock: Clock;
  readonly mainFile: string;
  readonly env: EnvironmentValues;
  readonly directory: MeshDirectory;
  /** Told when the node ends while it should be running. */
  readonly onDeath: (seat: Seat, pid: number, how: string) => void;
}

/** One seat of a local mesh, and whichever process sits on it now. */
export class LocalNode {
  readonly seat: Seat;
  readonly #parts: LocalNodeParts;
  readonly #http: HttpClient;
  #phase: NodePhase = 'down';
  #process: NodeProcess | undefined;

  constructor(seat: Seat, parts: LocalNodeParts) {
    this.seat = seat;
    this.#parts = parts;
    this.#http = new HttpClient({
      endpoint: { kind: 'tcp', host: HOST, port: seat.httpPort },
      deadlineMs: READY_ASK_MS,
      clock: parts.clock,
    });
  }

  /**
   * Starts a process with this seat's identity and resolves when it is ready.
   *
   * @throws CliError where one is there already, and with the end of its log where it does not become ready.
   */
  async start(): Promise<NodeReport> {
    const { letter } = this.seat;
    if (this.#phase !== 'down') {
      throw new CliError(`node ${letter} is ${this.#phase}: only a dead node can be revived`, EXIT.no);
    }
    this.#apply('start');
    const started = this.#spawn();
    try {
      await this.#untilReady(started);
      const store = await this.#describeStore();
      this.#apply('ready');
      return { letter, pid: started.pid, ...this.#addresses(), store };
    } catch (error) {
      await started.kill();
      throw error;
    }
  }

  /** Ends it for good: it says goodbye to its peers and stops its Memcached. */
  async close(): Promise<void> {
    this.#apply('close');
    await this.#process?.stop(this.#parts.clock);
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    this.#apply('close');
    await this.#process?.kill();
  }

  /** After its end: ends the Memcached that it has left, if it could not do that itself. */
  async killStore(): Promise<void> {
    await killLeftMemcached(this.#parts.directory.runtimeDirectory(this.seat.letter));
  }

  #addresses(): Pick<NodeReport, 'http' | 'memcached' | 'mesh'> {
    const { httpPort, memcachedPort, meshPort } = this.seat;
    return {
      http: `http://${HOST}:${httpPort}`,
      memcached: `${HOST}:${memcachedPort}`,
      mesh: `${HOST}:${meshPort}`,
    };
  }

  #spawn(): NodeProcess {
    const { directory, mainFile, env, onDeath } = this.#parts;
    const { letter, httpPort, memcachedPort } = this.seat;
    const started = NodeProcess.start({
      mainFile,
      serveArguments: [
        ...['--config', directory.configFile],
        ...['--letter', letter],
        ...['--doors-http', `${HOST}:${httpPort}`],
        ...['--doors-memcached', `${HOST}:${memcachedPort}`],
        ...['--runtime-directory', directory.runtimeDirectory(letter)],
      ],
      env,
      logFile: directory.logFile(letter),
    });
    this.#process = started;
    void started.ended.then((how) => {
      this.#process = undefined;
      const wasRunning = this.#phase === 'running';
      this.#apply('ended');
      if (wasRunning) onDeath(this.seat, started.pid, how);
    });
    return started;
  }

  async #untilReady(started: NodeProcess): Promise<void> {
    const { clock } = this.#parts;
    const giveUpAt = clock.monotonic() + READY_MS;
    while (!(await this.#isReady())) {
      if (await isSettledWithin(clock, READY_POLL_MS, started.ended)) {
        throw await this.#failure(`it ended (${await started.ended})`);
      }
      if (clock.monotonic() >= giveUpAt) throw await this.#failure(`not ready within ${READY_MS / 1000} s`);
    }
  }

  async #isReady(): Promise<boolean> {
    try {
      const { status } = await this.#http.call({ method: 'GET', path: '/readyz' });
      return status === 200;
    } catch (error) {
      if (error instanceof CliError) return false;
      throw error;
    }
  }

  async #describeStore(): Promise<NodeReport['store']> {
    const { store } = parseClusterView(await this.#http.call({ method: 'GET', path: '/v1/cluster' }));
    return { kind: store.kind, pid: store.pid ?? null };
  }

  async #failure(why: string): Promise<CliError> {
    const tail = await this.#parts.directory.logTail(this.seat.letter);
    return new CliError(
      `node ${this.seat.letter} did not start: ${why}. The end of its log:\n${tail}`,
      EXIT.unavailable,
    );
  }

  #apply(event: NodeEvent): void {
    this.#phase = transition(this.#phase, event);
  }
}

const GONE_MS = 2000;
const POLL_MS = 10;

/**
 * Ends the Memcached that a killed node has left for its next life, if the process that the node wrote down is still
 * that one.
 */
async function killLeftMemcached(runtimeDirectory: string): Promise<void> {
  const found = new MemcachedStateFile(runtimeDirectory).read();
  if (found.kind !== 'found') return;
  const { memcached } = found.record;
  if (!isAlive(memcached)) return;
  try {
    process.kill(memcached.pid, 'SIGKILL');
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
  await becomesTrue(() => !isAlive(memcached), { everyMs: POLL_MS, withinMs: GONE_MS });
}
