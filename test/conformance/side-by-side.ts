import { comparable } from './comparable.ts';
import { Wire } from './wire.ts';

/** What ends a batch: a request with an answer that nothing else has. */
export interface Marker {
  readonly request: Buffer;
  readonly answer: Buffer;
}

/** A cas in a request, which the two sides know under different numbers. */
export type CasChoice = 'current' | 'former' | 'larger';

const LARGER_THAN_ALL = 2 ** 53;

/** One of the two servers, with what it calls what. */
class Side {
  readonly wire: Wire;
  readonly control: Wire;
  readonly #names = new Map<bigint, string>();
  readonly #current = new Map<string, number>();
  readonly #former = new Map<string, number>();

  constructor(wire: Wire, control: Wire) {
    this.wire = wire;
    this.control = control;
  }

  /** The same name for the same cas, by the order in which they came up. */
  readonly nameOf = (cas: bigint): string => {
    const name = this.#names.get(cas) ?? `#${this.#names.size}`;
    this.#names.set(cas, name);
    return name;
  };

  casFor(key: string, choice: CasChoice): number {
    const known = { current: this.#current, former: this.#former, larger: undefined }[choice];
    return known?.get(key) ?? LARGER_THAN_ALL;
  }

  /** Looks at items without leaving a trace. What is said of each, in a comparable form. */
  async inspect(keys: readonly string[]): Promise<readonly string[]> {
    const requests = keys.map((key) => `me ${Buffer.from(key, 'latin1').toString('base64')} b\r\n`);
    await this.control.send(Buffer.from(requests.join('')));
    const lines = (): string[] => this.control.received.toString('latin1').split('\r\n').slice(0, -1);
    await this.control.until(() => lines().length >= keys.length);
    const answers = lines();
    this.control.take();
    return keys.map((key, index) => this.#learn(key, answers[index] ?? 'no answer'));
  }

  #learn(key: string, line: string): string {
    const [, cas, fetch] = /cas=(\d+) fetch=(\w+)/.exec(line) ?? [];
    if (cas === undefined) return line;
    const before = this.#current.get(key);
    if (before !== undefined && before !== Number(cas)) this.#former.set(key, before);
    this.#current.set(key, Number(cas));
    return `${this.nameOf(BigInt(cas))} ${fetch ?? ''}`;
  }

  async answer(request: Buffer, { request: end, answer }: Marker): Promise<readonly string[]> {
    await this.wire.send(Buffer.concat([request, end]));
    await this.wire.until(() => this.wire.isClosed || this.wire.received.subarray(-answer.length).equals(answer));
    return comparable(this.wire.take(), this.nameOf).parts;
  }
}

/** What both answered to the same. */
export interface Pair {
  readonly memcached: readonly string[];
  readonly maglia: readonly string[];
}

/** The real memcached and a node, asked for the same. */
export class SideBySide {
  readonly #memcached: Side;
  readonly #maglia: Side;

  private constructor(memcached: Side, maglia: Side) {
    this.#memcached = memcached;
    this.#maglia = maglia;
  }

  static async open(memcachedPath: string, magliaPath: string): Promise<SideBySide> {
    const side = async (path: string): Promise<Side> => new Side(await Wire.open(path), await Wire.open(path));
    return new SideBySide(await side(memcachedPath), await side(magliaPath));
  }

  /** `write` makes the requests, with the cas values of the side that they are for. */
  async ask(write: (casFor: Side['casFor']) => Buffer, marker: Marker): Promise<Pair> {
    const answer = (side: Side): Promise<readonly string[]> =>
      side.answer(
        write((key, choice) => side.casFor(key, choice)),
        marker,
      );
    const [memcached, maglia] = await Promise.all([answer(this.#memcached), answer(this.#maglia)]);
    return { memcached, maglia };
  }

  async inspect(keys: readonly string[]): Promise<Pair> {
    const [memcached, maglia] = await Promise.all([this.#memcached.inspect(keys), this.#maglia.inspect(keys)]);
    return { memcached, maglia };
  }

  close(): void {
    for (const { control, wire } of [this.#memcached, this.#maglia]) {
      wire.close();
      control.close();
    }
  }
}
