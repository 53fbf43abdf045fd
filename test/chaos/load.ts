import { Random } from '../support/sim/random.ts';
import { DoorVisitors } from './door-visitors.ts';
import { HttpCaller } from './http-call.ts';
import type { Hosts } from './hosts.ts';
import { PageVisitor } from './page-visitor.ts';
import type { Record } from './record.ts';

const AT_DOORS = 8;
const AT_PAGES = 6;
const BEHIND_THE_BALANCER = 6;
/** Between two things that one visitor does, on average. */
const IDLE_MS = 80;

/** Visitors of every kind, from start to stop. */
export class Load {
  readonly #doors: DoorVisitors;
  readonly #caller = new HttpCaller({ keepAlive: false });
  readonly #random: Random;
  readonly #visits: (() => Promise<void>)[];
  #underWay: Promise<void>[] = [];
  #isStopped = false;

  constructor(hosts: Hosts, record: Record, seed: number) {
    this.#random = new Random(seed);
    const random = this.#random;
    const doors = new DoorVisitors(record, random, (letter) => hosts.host(letter).door);
    this.#doors = doors;
    const visitor = (at: number, balancer?: string): PageVisitor =>
      new PageVisitor({
        ...{ name: `V${at}`, record, random, caller: this.#caller, pageOf: (letter) => hosts.host(letter).page },
        ...(balancer !== undefined && { balancer }),
      });
    this.#visits = Array.from({ length: AT_DOORS }, () => () => doors.visit());
    for (let at = 0; at < AT_PAGES + BEHIND_THE_BALANCER; at += 1) {
      const one = at < AT_PAGES ? visitor(at) : visitor(at, hosts.balancer);
      this.#visits.push(() => one.visit());
    }
  }

  start(): void {
    this.#underWay = this.#visits.map((visit) => this.#goOn(visit));
  }

  /**
   * Makes sessions that no visitor knows of. Resolves to what reads them through every host, with all that the visitors of the
   * doors remember.
   */
  async putAside(): Promise<() => Promise<void>> {
    const ids = await this.#doors.putAside();
    return async () => {
      await this.#doors.readAside(ids);
      await this.#doors.readAll();
    };
  }

  /** Lets each finish what it is at, then reads everything that is remembered through every host. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#underWay);
    await this.#doors.readAll();
    this.#doors.close();
    this.#caller.close();
  }

  async #goOn(visit: () => Promise<void>): Promise<void> {
    while (!this.#isStopped) {
      await visit();
      const idleMs = this.#random.between(0, 2 * IDLE_MS);
      await new Promise((resolve) => setTimeout(resolve, idleMs));
    }
  }
}
