import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import {
  DockerComposeEnvironment,
  getContainerRuntimeClient,
  Wait,
  type ContainerRuntimeClient,
  type StartedDockerComposeEnvironment,
} from 'testcontainers';
import type { ClusterView } from '../../src/routing/cluster-view.ts';
import { isLetter, type Letter } from '../../src/session/letter.ts';
import { freePorts } from '../support/free-ports.ts';
import { until } from '../support/until.ts';
import { HttpCaller } from './http-call.ts';

type Container = ReturnType<ContainerRuntimeClient['container']['getById']>;

const PROJECT = 'maglia-chaos';
const ROOT = join(import.meta.dirname, '../..');
const TOKEN = readFileSync(join(import.meta.dirname, 'door-token'), 'utf8').trim();

export const LETTERS: readonly Letter[] = ['a', 'b', 'c'].filter(isLetter);

/** What a call of a daemon's own door shows beside what it asks. */
export const DOOR_HEADERS = { authorization: `Bearer ${TOKEN}` };

/** A node that died often is let in again only after half a minute. */
const WELL_WITHIN_MS = 60_000;

const PAUSE_TRIES = 10;

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

  /** The mesh as its daemon sees it; undefined where it does not answer. */
  async view(): Promise<ClusterView | undefined> {
    const called = await this.#caller.call({ method: 'GET', url: `${this.door}/v1/cluster`, headers: DOOR_HEADERS });
    return called.kind === 'answered' && called.status === 200 ? (called.body as unknown as ClusterView) : undefined;
  }

  /** All that its daemons have logged, those before this one included. */
  async log(): Promise<readonly string[]> {
    const { stdout } = await execa('docker', ['logs', this.#container.id], { stderr: 'ignore' });
    return stdout.split('\n');
  }

  #mesh(): ReturnType<ContainerRuntimeClient['network']['getById']> {
    return this.#client.network.getById(`${PROJECT}_mesh`);
  }

  async #run(command: string): Promise<void> {
    const { exitCode, output } = await this.#client.container.exec(this.#container, ['bash', '-c', command]);
    if (exitCode !== 0) throw new Error(`host ${this.letter}: ${command} ended with ${exitCode}: ${output}`);
  }
}

/** The three hosts and their balancer, up. */
export class Hosts {
  /** Its URL, without a path. */
  readonly balancer: string;
  readonly all: readonly Host[];
  readonly #environment: StartedDockerComposeEnvironment;
  readonly #caller: HttpCaller;

  constructor(
    environment: StartedDockerComposeEnvironment,
    client: ContainerRuntimeClient,
    balancerPort: number,
    ports: ReadonlyMap<Letter, { readonly page: number; readonly door: number }>,
  ) {
    this.#environment = environment;
    this.#caller = new HttpCaller({ keepAlive: false });
    this.balancer = `http://127.0.0.1:${balancerPort}`;
    this.all = [...ports].map(([letter, of]) => {
      const containerId = environment.getContainer(`${letter}-1`).getId();
      return new Host(letter, of, { client, containerId, caller: this.#caller });
    });
  }

  host(letter: Letter): Host {
    const found = this.all.find((host) => host.letter === letter);
    if (found === undefined) throw new RangeError(`no host ${letter}`);
    return found;
  }

  /** Waits until every host answers for its letter and holds every other for alive. */
  async becomeWell(): Promise<void> {
    await until('all hosts are well, and each knows it of the others', () => this.#areWell(), WELL_WITHIN_MS);
  }

  async down(): Promise<void> {
    this.#caller.close();
    await this.#environment.down({ removeVolumes: true, timeout: 1 });
  }

  async #areWell(): Promise<boolean> {
    const views = await Promise.all(this.all.map((host) => host.view()));
    return views.every(
      (view) =>
        view?.tenure.state === 'serving' &&
        view.store.state === 'up' &&
        view.peers.every(({ state, link }) => state === 'alive' && link.state === 'up'),
    );
  }
}

/** How long daemons wait for each other. */
export interface Pace {
  /** An operation ends within this. */
  readonly hardCapMs: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** As the product is shipped. */
export const USUAL_PACE: Pace = { hardCapMs: 500, environment: { DEADLINE_MS: '1000' } };

/**
 * Where few cores carry three hosts, their visitors and whatever else runs, a host may well be silent for as long as the
 * usual timings forgive, and be taken for dead by nobody's fault.
 */
export const CALM_PACE: Pace = {
  hardCapMs: 2000,
  environment: {
    MAGLIA_TIMINGS_SUSPECT_AFTER_MS: '500',
    MAGLIA_TIMINGS_DEAD_AFTER_MS: '1500',
    MAGLIA_TIMINGS_OPERATION_MS: '1000',
    MAGLIA_TIMINGS_STORE_MS: '500',
    MAGLIA_TIMINGS_HARD_CAP_MS: '2000',
    DEADLINE_MS: '3000',
  },
};

/** Brings docker-compose.yml up, from images that are there already (scripts/build-image), with the doors open as well. */
export async function hostsUp(pace: Pace): Promise<Hosts> {
  const [balancer = 0, ...rest] = await freePorts(1 + 2 * LETTERS.length);
  const ports = new Map(
    LETTERS.map((letter, at) => [letter, { page: rest[2 * at] ?? 0, door: rest[2 * at + 1] ?? 0 }]),
  );
  const environment: Record<string, string> = {
    ...pace.environment,
    MAGLIA_BALANCER_IMAGE: 'maglia-balancer',
    MAGLIA_PORT: `${balancer}`,
  };
  for (const [letter, { page, door }] of ports) {
    environment[`MAGLIA_PORT_${letter.toUpperCase()}`] = `${page}`;
    environment[`MAGLIA_DOOR_${letter.toUpperCase()}`] = `${door}`;
  }
  // What a broken-off run left is found by the name and taken over. No reaper: its image is on a registry.
  const started = await new DockerComposeEnvironment(ROOT, ['docker-compose.yml', 'test/chaos/compose.yml'])
    .withProjectName(PROJECT)
    .withEnvironment(environment)
    .withAutoCleanup(false)
    .withClientOptions({ commandOptions: ['--no-build'] })
    .withDefaultWaitStrategy(Wait.forLogMessage(/the daemon is up/))
    .withWaitStrategy('balancer-1', Wait.forLogMessage(/Server hosts\/. is UP/))
    .up();
  const hosts = new Hosts(started, await getContainerRuntimeClient(), balancer, ports);
  try {
    await hosts.becomeWell();
    return hosts;
  } catch (error) {
    await hosts.down();
    throw error;
  }
}
