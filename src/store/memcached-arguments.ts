import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import { MAX_SOCKET_PATH_BYTES } from '../config/socket-addresses.ts';
import { StoreStartError } from '../errors.ts';
import { MAX_KEY_BYTES } from './store.ts';

/** Memcached's own header of an item, its cas number and the closing bytes, rounded up. */
const ITEM_OVERHEAD_BYTES = 128;

/** Memcached wants -I to be a multiple of the largest chunk that it makes an item of (slab_chunk_max). */
const ITEM_SIZE_STEP_BYTES = 512 * 1024;
const MIN_ITEM_SIZE_BYTES = 2 * ITEM_SIZE_STEP_BYTES;

/**
 * So many commands of one connection are carried out in one go. With fewer, what a crashed daemon had sent could be carried
 * out in slices, in between the first commands of its successor.
 */
const REQUESTS_PER_EVENT = 1_000_000;

const MAX_CONNECTIONS = 128;

export interface MemcachedShape {
  readonly socketPath: string;
  readonly megabytes: number;
  readonly maxRecordBytes: number;
  /** Memcached refuses to be root unless told so by name. */
  readonly asUser?: string | undefined;
}

/** The command line of a memcached that only its own user can reach. Throws `StoreStartError` for what cannot work. */
export function memcachedArguments({ socketPath, megabytes, maxRecordBytes, asUser }: MemcachedShape): string[] {
  const pathBytes = Buffer.byteLength(socketPath);
  if (pathBytes > MAX_SOCKET_PATH_BYTES) {
    throw new StoreStartError(
      `the socket path ${socketPath} has ${pathBytes} bytes, and a unix socket's has ${MAX_SOCKET_PATH_BYTES} at most; set a shorter runtimeDirectory`,
    );
  }
  const itemBytes = itemSizeFor(maxRecordBytes);
  // Memcached's rule: an item takes half of the memory at most.
  const neededMegabytes = Math.ceil((2 * itemBytes) / 1024 / 1024);
  if (megabytes < neededMegabytes) {
    throw new StoreStartError(
      `store.megabytes is ${megabytes}, and memcached needs ${neededMegabytes} to hold records of up to ${maxRecordBytes} bytes; raise store.megabytes or lower session.maxBytes`,
    );
  }
  return [
    ...['-s', socketPath, '-a', '600', '-U', '0'],
    ...['-m', String(megabytes), '-I', String(itemBytes)],
    // One thread works off its connections in the order in which they became readable; several have no order.
    ...['-t', '1', '-R', String(REQUESTS_PER_EVENT), '-c', String(MAX_CONNECTIONS)],
    ...(asUser === undefined ? [] : ['-u', asUser]),
  ];
}

/** The largest record that a memcached takes that was started with `-I` of this size. */
export function largestRecordFor(itemBytes: number): number {
  return itemBytes - MAX_KEY_BYTES - ITEM_OVERHEAD_BYTES;
}

function itemSizeFor(maxRecordBytes: number): number {
  const bytes = maxRecordBytes + MAX_KEY_BYTES + ITEM_OVERHEAD_BYTES;
  return Math.max(MIN_ITEM_SIZE_BYTES, Math.ceil(bytes / ITEM_SIZE_STEP_BYTES) * ITEM_SIZE_STEP_BYTES);
}

/** Changed on the running memcached, so that no start has to (`setMemoryLimit`). */
const LIVE_OPTION = '-m';

interface Started {
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * In what a memcached that runs differs from one that would be started now, one text for each option; empty where in
 * nothing. It is kept all the same: ending it would drop every session.
 */
export function differencesOf(former: Started, wanted: Started): readonly string[] {
  const before = optionsOf(former.args);
  const now = optionsOf(wanted.args);
  const changed = [...new Set([...before.keys(), ...now.keys()])].filter(
    (option) => option !== LIVE_OPTION && before.get(option) !== now.get(option),
  );
  return [
    ...(former.program === wanted.program ? [] : [`${former.program} instead of ${wanted.program}`]),
    ...changed.map((option) => `${tell(option, before.get(option))} instead of ${tell(option, now.get(option))}`),
  ];
}

/** Every option that we give takes one value. */
export function optionsOf(args: readonly string[]): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (let at = 0; at < args.length; at += 2) options.set(args[at] ?? '', args[at + 1] ?? '');
  return options;
}

function tell(option: string, value: string | undefined): string {
  return value === undefined ? `no ${option}` : `${option} ${value}`;
}

const ANSWER_MS = 1_000;
const MAX_ANSWER_CHARACTERS = 200;

/**
 * Gives a memcached that runs another amount of memory, with all that is in it. Resolves with why it does not take it;
 * undefined where it does.
 */
export function setMemoryLimit(dial: () => Duplex, megabytes: number, clock: Clock): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = dial();
    let answer = '';
    const settle = (why: string | undefined): void => {
      deadline.cancel();
      socket.destroy();
      resolve(why);
    };
    const deadline = clock.after(ANSWER_MS, () => settle(`it did not answer within ${ANSWER_MS} ms`));
    socket.on('error', (error) => settle(error.message));
    socket.on('close', () => settle('it closed the connection'));
    socket.on('data', (chunk: Buffer) => {
      answer = (answer + chunk.toString('latin1')).slice(0, MAX_ANSWER_CHARACTERS);
      const end = answer.indexOf('\r\n');
      if (end !== -1) settle(answer === 'OK\r\n' ? undefined : answer.slice(0, end));
    });
    // By its first byte, memcached takes this connection for one of the text protocol.
    socket.write(`cache_memlimit ${megabytes}\r\n`);
  });
}
