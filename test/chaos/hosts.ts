import { join } from 'node:path';
import {
  DockerComposeEnvironment,
  getContainerRuntimeClient,
  Wait,
  type ContainerRuntimeClient,
  type StartedDockerComposeEnvironment,
} from 'testcontainers';
import { isLetter, type Letter } from '../../src/session/letter.ts';
import { freePorts } from '../support/free-ports.ts';
import { until } from '../support/until.ts';
import type { Sightings } from './bites.ts';
import { Host, PROJECT } from './host.ts';
import { HttpCaller } from './http-call.ts';

const ROOT = join(import.meta.dirname, '../..');

export const LETTERS: readonly Letter[] = ['a', 'b', 'c'].filter(isLetter);

/** A node that died often is let in again only after half a minute. */
const WELL_WITHIN_MS = 60_000;
const LOOK_WITHIN_MS = 150;

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

  /** Waits until every host answers for its letter and considers every other alive. */
  async becomeWell(andAlso: () => Promise<boolean> = () => Promise.resolve(true)): Promise<void> {
    const areWell = async (): Promise<boolean> => (await andAlso()) && (await this.#areWell());
    await until('all hosts are well, and each knows it of the others', areWell, WELL_WITHIN_MS);
  }

  /** What those show of themselves that answer; the others do not hold it up. */
  async look(): Promise<Sightings> {
    const looks = await Promise.all(this.all.map((host) => Promise.race([host.look(), soon()])));
    return new Map(
      this.all.flatMap(({ letter }, at) => (looks[at] === undefined ? [] : [[letter, looks[at]] as const])),
    );
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

function soon(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_WITHIN_MS, undefined));
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
 * Where few cores carry three hosts, their visitors and whatever else runs, a host may well be silent, or take to start its
 * next daemon, for longer than the usual timings forgive, and be taken for dead by nobody's fault.
 */
export const CALM_PACE: Pace = {
  hardCapMs: 2000,
  environment: {
    MAGLIA_TIMINGS_SUSPECT_AFTER_MS: '500',
    MAGLIA_TIMINGS_DEAD_AFTER_MS: '1500',
    MAGLIA_TIMINGS_OPERATION_MS: '1000',
    MAGLIA_TIMINGS_STORE_MS: '500',
    MAGLIA_TIMINGS_HARD_CAP_MS: '2000',
    MAGLIA_TIMINGS_PAUSE_MS: '15000',
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
