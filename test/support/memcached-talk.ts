import { binaryRequest, storeExtras } from '../conformance/binary-request.ts';
import { Wire } from '../conformance/wire.ts';

export const DIALECTS = ['text', 'meta', 'binary'] as const;
export type Dialect = (typeof DIALECTS)[number];

const HEADER_BYTES = 24;
const FLAGS_BYTES = 4;
const PATIENCE_MS = 10_000;

/** One connection to a memcached, in one of its three protocols. What it is asked, it answers before it is asked the next. */
export class MemcachedTalk {
  readonly #dialect: Dialect;
  readonly #wire: Wire;

  private constructor(dialect: Dialect, wire: Wire) {
    this.#dialect = dialect;
    this.#wire = wire;
  }

  static async open(address: string, dialect: Dialect): Promise<MemcachedTalk> {
    return new MemcachedTalk(dialect, await Wire.open(address));
  }

  /** What stands there; undefined for a miss. */
  async get(key: string): Promise<string | undefined> {
    switch (this.#dialect) {
      case 'text':
        return valueIn(await this.#line(`get ${key}`, /END\r\n$/));
      case 'meta':
        return valueIn(await this.#line(`mg ${key} v`, /^EN\r\n$|^VA[^]*\r\n[^]*\r\n$/));
      case 'binary': {
        const { status, body } = await this.#frame(binaryRequest('get', { key }));
        if (status === 1) return undefined;
        return status === 0 ? body.toString('latin1', FLAGS_BYTES) : `status ${status}`;
      }
    }
  }

  async set(key: string, value: string, lifeSeconds: number): Promise<string> {
    switch (this.#dialect) {
      case 'text':
        return said(await this.#line(`set ${key} 0 ${lifeSeconds} ${value.length}\r\n${value}`, /\r\n$/));
      case 'meta':
        return said(await this.#line(`ms ${key} ${value.length} T${lifeSeconds}\r\n${value}`, /\r\n$/));
      case 'binary': {
        const { status } = await this.#frame(binaryRequest('set', { key, extras: storeExtras(0, lifeSeconds), value }));
        return said(`${status}`);
      }
    }
  }

  async delete(key: string): Promise<boolean> {
    switch (this.#dialect) {
      case 'text':
        return (await this.#line(`delete ${key}`, /\r\n$/)) === 'DELETED\r\n';
      case 'meta':
        return (await this.#line(`md ${key}`, /\r\n$/)) === 'HD\r\n';
      case 'binary':
        return (await this.#frame(binaryRequest('delete', { key }))).status === 0;
    }
  }

  close(): void {
    this.#wire.close();
  }

  async #line(request: string, end: RegExp): Promise<string> {
    await this.#wire.send(Buffer.from(`${request}\r\n`));
    await this.#wire.until(() => /_?ERROR/.test(this.#text) || end.test(this.#text), PATIENCE_MS);
    return this.#wire.take().toString('latin1');
  }

  async #frame(request: Buffer): Promise<{ readonly status: number; readonly body: Buffer }> {
    await this.#wire.send(request);
    const wire = this.#wire;
    const lengthOf = (): number => HEADER_BYTES + wire.received.readUInt32BE(8);
    await wire.until(() => wire.received.length >= HEADER_BYTES && wire.received.length >= lengthOf(), PATIENCE_MS);
    const answer = wire.take();
    if (answer.length < HEADER_BYTES) throw new Error(`half an answer: ${answer.toString('hex')}`);
    return { status: answer.readUInt16BE(6), body: answer.subarray(HEADER_BYTES) };
  }

  get #text(): string {
    return this.#wire.received.toString('latin1');
  }
}

/** The first value in an answer of the text or meta protocol. */
function valueIn(answer: string): string | undefined {
  if (answer === 'END\r\n' || answer === 'EN\r\n') return undefined;
  return /^(?:VALUE|VA) .*\r\n([^]*?)\r\n/.exec(answer)?.[1] ?? answer;
}

function said(answer: string): string {
  if (['STORED\r\n', 'HD\r\n', '0'].includes(answer)) return 'stored';
  return ['NOT_STORED\r\n', 'NS\r\n', '5'].includes(answer) ? 'not stored' : answer;
}
