import { askText } from '../support/text-commands.ts';
import { Visitor, type Page } from '../support/visitor.ts';
import type { WebApplication } from '../support/web-application.ts';
import { openDoors, sharedDoors, type DoorOptions, type Doors } from './doors.ts';
import type { SessionApplication } from './session-applications.ts';

/** With a mesh of its own, which the tests may harm; without options it is the one that the file's other sites have. */
export type SiteOptions = Pick<DoorOptions, 'hasUsualTimings'>;

const LETTERS = ['a', 'b', 'c'];

/** One of the balanced hosts: the application, and the door that it uses. */
export interface WebHost {
  readonly letter: string;
  readonly door: string;
  readonly application: WebApplication;
}

/** A visitor of one site, whom the balancer sends to whichever host it likes. */
export class Guest {
  readonly visitor: Visitor;
  readonly #kind: SessionApplication;

  constructor(kind: SessionApplication, visitor = new Visitor()) {
    this.#kind = kind;
    this.visitor = visitor;
  }

  /** The id in the cookie; undefined without one. */
  get id(): string | undefined {
    const cookie = this.visitor.cookie(this.#kind.cookie);
    return cookie === undefined ? undefined : this.#kind.idOf(cookie);
  }

  get sureId(): string {
    if (this.id === undefined) throw new Error('the visitor has no session cookie');
    return this.id;
  }

  /** Another tab with the same cookies. */
  twin(): Guest {
    return new Guest(this.#kind, this.visitor.twin());
  }

  visit(host: WebHost, path: string): Promise<Page> {
    return this.visitor.visit(host.application.url + path);
  }
}

/** A web site on three balanced hosts. */
export class Site {
  readonly doors: Doors;
  readonly hosts: readonly WebHost[];
  readonly #kind: SessionApplication;
  readonly #closeDoors: () => Promise<void>;

  private constructor(
    kind: SessionApplication,
    doors: Doors,
    hosts: readonly WebHost[],
    closeDoors: () => Promise<void>,
  ) {
    this.#kind = kind;
    this.doors = doors;
    this.hosts = hosts;
    this.#closeDoors = closeDoors;
  }

  static async open(kind: SessionApplication, own?: SiteOptions): Promise<Site> {
    const doors = own === undefined ? await sharedDoors() : await openDoors({ ...own, letters: LETTERS });
    const closeDoors = (): Promise<void> => (own === undefined ? Promise.resolve() : doors.close());
    const started: WebApplication[] = [];
    try {
      const hosts: WebHost[] = [];
      for (const [at, letter] of LETTERS.entries()) {
        const door = doors.addresses[at] ?? '';
        const application = await kind.start(door, letter);
        started.push(application);
        hosts.push({ letter, door, application });
      }
      return new Site(kind, doors, hosts, closeDoors);
    } catch (error) {
      await Promise.all(started.map((application) => application.stop()));
      await closeDoors();
      throw error;
    }
  }

  guest(visitor = new Visitor()): Guest {
    return new Guest(this.#kind, visitor);
  }

  /** The host whose turn it is when the balancer goes round and round. */
  turn(n: number): WebHost {
    return pick(this.hosts, n % this.hosts.length);
  }

  host(letter: string): WebHost {
    const host = this.hosts.find((each) => each.letter === letter);
    if (host === undefined) throw new Error(`no host ${letter}`);
    return host;
  }

  ownerOf(id: string): string | undefined {
    return this.doors.mesh?.ownerOf(id).letter;
  }

  /** Guests who have been here twice, and whose sessions this node owns; in front of a plain memcached any. */
  async guestsOwnedBy(letter: string, count: number): Promise<Guest[]> {
    const found: Guest[] = [];
    for (let drawn = 0; found.length < count; drawn += 1) {
      if (drawn > 100) throw new Error(`none of ${drawn} sessions was owned by ${letter}`);
      const guest = this.guest();
      await guest.visit(this.host(letter), '/count');
      if (this.ownerOf(guest.sureId) !== letter && this.doors.mesh !== undefined) continue;
      await guest.visit(this.turn(drawn), '/count');
      found.push(guest);
    }
    return found;
  }

  /**
   * Ends the daemon of one host as by a power cut; what a plain memcached has is forgotten instead. The other hosts are
   * told, as long as they are in business.
   */
  async lose(letter: string): Promise<readonly WebHost[]> {
    if (this.doors.mesh === undefined) await askText(this.host(letter).door, 'flush_all', /OK\r\n$/);
    else await this.doors.mesh.node(letter).end('SIGKILL');
    return this.hosts.filter((host) => host.letter !== letter);
  }

  async close(): Promise<void> {
    await Promise.all(this.hosts.map(({ application }) => application.stop()));
    await this.#closeDoors();
  }
}

function pick<T>(list: readonly T[], at: number): T {
  const item = list[at];
  if (item === undefined) throw new RangeError(`nothing at ${at}`);
  return item;
}
