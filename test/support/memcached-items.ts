import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ItemAnswer, ItemOperation } from '../../src/session/item-operation.ts';
import { MemcachedBeside } from './memcached-beside.ts';

type OperationOf<K extends ItemOperation['kind']> = Extract<ItemOperation, { kind: K }>;

/** As much of an answer as memcached's protocols tell. */
export type Told = Partial<Record<'cas' | 'flags' | 'ttlSeconds' | 'wasFetched' | 'isStale' | 'recache', unknown>> & {
  readonly kind: ItemAnswer['kind'];
  readonly value?: string;
};

/** What memcached says of an item that never expires. */
export const UNLIMITED = -1;

/** A whole answer: its first line, and the value where it has one. */
interface Lines {
  readonly words: readonly string[];
  readonly value?: string;
}

/** Item operations carried out by the real memcached, over its meta and text protocols on a unix socket, one at a time. */
export class MemcachedItems {
  readonly #memcached: MemcachedBeside;
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #onReceived: () => void = () => undefined;

  private constructor(memcached: MemcachedBeside, socket: Socket) {
    this.#memcached = memcached;
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#onReceived();
    });
  }

  static async start(): Promise<MemcachedItems> {
    const memcached = await MemcachedBeside.start();
    const socket = connect(memcached.path);
    await once(socket, 'connect');
    return new MemcachedItems(memcached, socket);
  }

  async close(): Promise<void> {
    this.#socket.destroy();
    await this.#memcached.close();
  }

  /** Carries out one operation. `asText`: over the text protocol where that can say it. */
  async ask(key: string, operation: ItemOperation, asText: boolean): Promise<Told> {
    switch (operation.kind) {
      case 'read':
        return operation.canWin ? this.#metaGet(key, operation) : this.#get(key, operation);
      case 'store':
        return this.#store(key, operation, asText);
      case 'delete':
        return asText && operation.cas === undefined
          ? said(await this.#send(`delete ${key}`))
          : said(await this.#send(`md ${key}${flag('C', operation.cas)}`), 'deleted');
      case 'mark-stale':
        return said(
          await this.#send(`md ${key} I${flag('C', operation.cas)}${flag('T', operation.lifeSeconds)}`),
          'ok',
        );
      case 'arithmetic':
        return this.#arithmetic(key, operation);
      case 'touch':
        return said(await this.#send(`touch ${key} ${operation.lifeSeconds}`));
      case 'inspect':
        return this.#inspect(key);
      case 'probe':
        throw new RangeError('memcached has no probe');
    }
  }

  async #metaGet(key: string, operation: OperationOf<'read'>): Promise<Told> {
    // In this order: what is left before the touch decides about winning, and a new item has N's life.
    const asked = `${flag('R', operation.recacheBelowSeconds)}${flag('T', operation.touchSeconds)}${flag('N', operation.vivifySeconds)}`;
    const { value, words } = await this.#send(`mg ${key} v${asked} t c f h${operation.isPeek ? ' u' : ''}`);
    if (value === undefined) return said({ words });
    const { c, f, h, t, W, X, Z } = flagsOf(words);
    return {
      kind: 'hit',
      value,
      flags: Number(f),
      cas: Number(c),
      ttlSeconds: ttlOf(t),
      wasFetched: h === '1',
      isStale: X !== undefined,
      recache: W === undefined ? (Z === undefined ? undefined : 'taken') : 'won',
    };
  }

  async #get(key: string, { touchSeconds }: OperationOf<'read'>): Promise<Told> {
    const { value, words } = await this.#send(
      touchSeconds === undefined ? `gets ${key}` : `gats ${touchSeconds} ${key}`,
    );
    if (value === undefined) return { kind: 'miss' };
    return { kind: 'hit', value, flags: Number(words[2]), cas: Number(words[4]) };
  }

  async #store(key: string, operation: OperationOf<'store'>, asText: boolean): Promise<Told> {
    const { cas, flags, isInvalidating, lifeSeconds, mode, value } = operation;
    const isPlain = !isInvalidating && (mode === 'cas') === (cas !== undefined);
    if (asText && isPlain) {
      const condition = cas === undefined ? '' : ` ${cas}`;
      return said(await this.#send(`${mode} ${key} ${flags} ${lifeSeconds} ${value.length}${condition}`, value));
    }
    const modeFlag = mode === 'cas' ? '' : ` M${MODE_LETTERS[mode]}`;
    const line = `ms ${key} ${value.length} c F${flags} T${lifeSeconds}${modeFlag}${flag('C', cas)}`;
    const told = await this.#send(isInvalidating ? `${line} I` : line, value);
    return { ...said(told, 'stored'), ...(told.words[0] === 'HD' && { cas: Number(flagsOf(told.words)['c']) }) };
  }

  async #arithmetic(key: string, operation: OperationOf<'arithmetic'>): Promise<Told> {
    const { cas, delta, direction, initial, touchSeconds } = operation;
    const begin = initial === undefined ? '' : ` J${initial.value} N${initial.lifeSeconds}`;
    const asked = ` D${delta} M${direction === 'incr' ? '+' : '-'}${flag('T', touchSeconds)}${begin}${flag('C', cas)}`;
    const before = await this.#send(`me ${key}`);
    const { value, words } = await this.#send(`ma ${key} v${asked} t c`);
    if (value === undefined) return said({ words });
    const { c, t } = flagsOf(words);
    const after = await this.#send(`me ${key}`);
    // 1.6.18 gives the new life to the item that it has just replaced, where the number has become longer.
    const isReplaced =
      before.words[0] === 'ME' && after.words[0] === 'ME' && before.words.at(-1) !== after.words.at(-1);
    if (touchSeconds !== undefined && isReplaced) await this.#send(`mg ${key} T${touchSeconds} u`);
    return { kind: 'number', value, cas: Number(c), ttlSeconds: ttlOf(t) };
  }

  async #inspect(key: string): Promise<Told> {
    const { words } = await this.#send(`me ${key}`);
    if (words[0] !== 'ME') return said({ words });
    const facts = new Map(words.slice(2).map((word) => word.split('=', 2) as [string, string]));
    const expiredAgo = Number(facts.get('exp'));
    return {
      kind: 'hit',
      cas: Number(facts.get('cas')),
      // 1.6.18 says how long ago it will have expired.
      ttlSeconds: expiredAgo === UNLIMITED ? UNLIMITED : -expiredAgo,
      wasFetched: facts.get('fetch') === 'yes',
    };
  }

  async #send(line: string, value?: Buffer): Promise<Lines> {
    this.#received = Buffer.alloc(0);
    this.#socket.write(value === undefined ? `${line}\r\n` : Buffer.concat([Buffer.from(`${line}\r\n`), value, CRLF]));
    for (;;) {
      const whole = readWhole(this.#received);
      if (whole !== undefined) return whole;
      await new Promise<void>((resolve) => (this.#onReceived = resolve));
    }
  }
}

const CRLF = Buffer.from('\r\n');

const MODE_LETTERS = { set: 'S', add: 'E', replace: 'R', append: 'A', prepend: 'P' };

const KINDS: Readonly<Record<string, ItemAnswer['kind']>> = {
  EN: 'miss',
  END: 'miss',
  NS: 'not-stored',
  NOT_STORED: 'not-stored',
  EX: 'exists',
  EXISTS: 'exists',
  NF: 'not-found',
  NOT_FOUND: 'not-found',
  STORED: 'stored',
  DELETED: 'deleted',
  TOUCHED: 'touched',
  CLIENT_ERROR: 'non-numeric',
};

/** @throws Error where memcached says something that no operation should come to. */
function said({ words }: Lines, success?: ItemAnswer['kind']): Told {
  const [word = ''] = words;
  const kind = word === 'HD' ? success : KINDS[word];
  const isAboutNumbers = words.at(-1) === 'value';
  if (kind === undefined || (kind === 'non-numeric' && !isAboutNumbers)) throw new Error(words.join(' '));
  return { kind };
}

/** The flags of a meta answer by their letters. */
function flagsOf(words: readonly string[]): Partial<Record<string, string>> {
  const from = words[0] === 'VA' ? 2 : 1;
  return Object.fromEntries(words.slice(from).map((word) => [word.charAt(0), word.slice(1)]));
}

/** Of an item that this very request has ended, memcached says that it lives for another century. */
function ttlOf(token: string | undefined): number {
  const seconds = Number(token);
  return seconds > 0x7fff_ffff ? 0 : seconds;
}

function flag(letter: string, value: number | undefined): string {
  return value === undefined ? '' : ` ${letter}${value}`;
}

/** The answer, where all of it is there. */
function readWhole(bytes: Buffer): Lines | undefined {
  const lineEnd = bytes.indexOf(CRLF);
  if (lineEnd === -1) return undefined;
  const words = bytes.toString('latin1', 0, lineEnd).split(' ');
  const size = words[0] === 'VA' ? words[1] : words[0] === 'VALUE' ? words[3] : undefined;
  if (size === undefined) return { words };
  const at = lineEnd + CRLF.length;
  const valueEnd = at + Number(size);
  const end = valueEnd + CRLF.length + (words[0] === 'VALUE' ? 'END\r\n'.length : 0);
  return bytes.length < end ? undefined : { words, value: bytes.toString('latin1', at, valueEnd) };
}
