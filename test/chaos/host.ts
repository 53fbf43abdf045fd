import { execa } from 'execa';
import type { ContainerRuntimeClient } from 'testcontainers';
import type { ClusterView } from '../../src/routing/cluster-view.ts';
import type { Letter } from '../../src/session/letter.ts';
import { DOOR_HEADERS } from './door-token.ts';
import type { HttpCaller } from './http-call.ts';

type Container = ReturnType<ContainerRuntimeClient['container']['getById']>;

/** Compose's name for all of it. */
export const PROJECT = 'maglia-chaos';

const PAUSE_TRIES = 10;

/** What a daemon's door shows of it. */
export interface Sighting {
  readonly view: ClusterView;
  /** What its wall clock is ahead of ours, to the second. */
  readonly clockAheadMs: number;
}

/** How far a host's wall clock is off. */
export type ClockAhead = '+1h' | '-1h' | '+2m' | '-2m' | '+1d' | 'right';

export interface LogLine {
  /** The engine's, in milliseconds since the epoch: a daemon's own clock may be wrong. */
  readonly time: number;
  readonly text: string;
}

/** One host of docker-compose.yml: a container with a daemon, its Memcached and an application. */
export class Host {
  readonly letter: Letter;
  /** URLs without a path. */
  readonly page: string;
  readonly door: string;
  readonly #client: ContainerRuntimeClient;
  readonly #container: Container;
  readonly #caller: HttpCaller;

  constructor(
    letter: Letter,
    ports: { readonly page: number; readonly door: number },
    docker: { readonly client: ContainerRuntimeClient; readonly containerId: string; readonly caller: HttpCaller },
  ) {
    this.letter = letter;
    this.page = `http://127.0.0.1:${ports.page}`;
    this.door = `http://127.0.0.1:${ports.door}`;
    this.#client = docker.client;
    this.#container = docker.client.container.getById(docker.containerId);
    this.#caller = docker.caller;
  }

  async kill(): Promise<void> {
    await this.#container.kill({ signal: 'SIGKILL' });
    await this.#container.wait();
  }

  /** As `docker stop` does: SIGTERM first. */
  async stop(): Promise<void> {
    await this.#container.stop({ t: 10 });
  }

  async start(): Promise<void> {
    await this.#container.start();
  }

  async pause(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#container.pause();
        return;
      } catch (error) {
        // Under cgroup v1 a process that is just being born can get in the way ("unable to freeze"); nothing is frozen then.
        if (tries === PAUSE_TRIES) throw error;
      }
    }
  }

  async unpause(): Promise<void> {
    await this.#container.unpause();
  }

  /** SIGKILLs the daemon alone; the container's first process starts another one after a second. */
  async killDaemon(): Promise<void> {
    await this.#run('kill -9 $(</run/maglia/daemon.pid)');
  }

  /** Has the daemon restarted as for an upgrade: its sessions stay. */
  async upgrade(): Promise<void> {
    await this.#container.kill({ signal: 'SIGUSR2' });
  }

  /** As `docker restart` does. */
  async restart(): Promise<void> {
    await this.#container.restart({ t: 10 });
  }

  async killStore(): Promise<void> {
    const pid = (await this.view())?.store.pid;
    if (pid === undefined) throw new Error(`host ${this.letter} does not tell which Memcached is its own`);
    await this.#run(`kill -9 ${pid}`);
  }

  /** Takes it off the network of the daemons; visitors and balancer still reach it. */
  async leaveMesh(): Promise<void> {
    await this.#mesh().disconnect({ Container: this.#container.id, Force: true });
  }

  async joinMesh(): Promise<void> {
    const EndpointConfig = { Aliases: [`${this.letter}.mesh`] };
    await this.#mesh().connect({ Container: this.#container.id, EndpointConfig });
  }

  /** Pulls every plug: neither peers nor visitors nor the balancer reach it. */
  async leaveAll(): Promise<void> {
    await this.leaveMesh();
    await this.#front().disconnect({ Container: this.#container.id, Force: true });
  }

  async joinFront(): Promise<void> {
    const EndpointConfig = { Aliases: [this.letter] };
    await this.#front().connect({ Container: this.#container.id, EndpointConfig });
  }

  /** From now on it hears nothing that these say on the network of the daemons; they hear it. */
  async turnDeafTo(peers: readonly Host[]): Promise<void> {
    for (const peer of peers) await this.#iptables('-A', 'INPUT', '-s', await peer.meshAddress(), '-j', 'DROP');
  }

  async hearAgain(): Promise<void> {
    await this.#iptables('-F', 'INPUT');
  }

  async meshAddress(): Promise<string> {
    const { NetworkSettings } = await this.#container.inspect();
    const address = NetworkSettings.Networks[`${PROJECT}_mesh`]?.IPAddress;
    if (address === undefined || address === '') throw new Error(`host ${this.letter} is not on the mesh`);
    return address;
  }

  /** Sets the wall clock of its daemon and Memcached, those that run as well; see the program `maglia` beside this file. */
  async setClock(ahead: ClockAhead): Promise<void> {
    // Whole or not at all: they read it at any moment.
    const says = ahead === 'right' ? '+0' : ahead;
    await this.#run(`echo ${says} >/run/maglia/clock.new && mv /run/maglia/clock.new /run/maglia/clock`);
  }

  /** The mesh as its daemon sees it; undefined where it does not answer. */
  async view(): Promise<ClusterView | undefined> {
    return (await this.look())?.view;
  }

  async look(): Promise<Sighting | undefined> {
    const called = await this.#caller.call({ method: 'GET', url: `${this.door}/v1/cluster`, headers: DOOR_HEADERS });
    if (called.kind !== 'answered' || called.status !== 200) return undefined;
    const { date } = called.headers;
    const clockAheadMs = typeof date === 'string' ? Date.parse(date) - Date.now() : 0;
    return { view: called.body as unknown as ClusterView, clockAheadMs };
  }

  /** All that its daemons have logged, those before this one included. */
  async log(): Promise<readonly LogLine[]> {
    const { stdout } = await execa('docker', ['logs', '--timestamps', this.#container.id], { stderr: 'ignore' });
    return stdout.split('\n').map((line) => {
      const space = line.indexOf(' ');
      return { time: Date.parse(line.slice(0, space)), text: line.slice(space + 1) };
    });
  }

  #mesh(): ReturnType<ContainerRuntimeClient['network']['getById']> {
    return this.#client.network.getById(`${PROJECT}_mesh`);
  }

  #front(): ReturnType<ContainerRuntimeClient['network']['getById']> {
    return this.#client.network.getById(`${PROJECT}_front`);
  }

  /** In its network namespace, from outside: the container itself has no such power, and no such program. */
  async #iptables(...rule: string[]): Promise<void> {
    const { State } = await this.#container.inspect();
    const [program = '', ...args] = [
      ...(process.getuid?.() === 0 ? [] : ['sudo', '-n']),
      ...['nsenter', '--target', `${State.Pid}`, '--net', 'iptables', '--wait', ...rule],
    ];
    await execa(program, args);
  }

  async #run(command: string): Promise<void> {
    const { exitCode, output } = await this.#client.container.exec(this.#container, ['bash', '-c', command]);
    if (exitCode !== 0) throw new Error(`host ${this.letter}: ${command} ended with ${exitCode}: ${output}`);
  }
}
