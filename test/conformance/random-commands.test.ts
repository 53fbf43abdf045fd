import fc, { type Arbitrary } from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MemcachedBeside } from '../support/memcached-beside.ts';
import { binaryRequest } from './binary-request.ts';
import { intendedDifferences } from './intended-differences.ts';
import { oddMetaRequests, oddPackets, oddTextRequests } from './odd-requests.ts';
import { binaryCommands, MEETING, metaCommands, metaReturnFlags, textCommands } from './random-commands.ts';
import type { CommandRanges } from './random-commands.ts';
import { writeBinary, writeMeta, writeText } from './request-writer.ts';
import type { BinaryCommand, MetaCommand, TextCommand } from './request-writer.ts';
import { RunningDaemon } from './running-daemon.ts';
import { seed } from './seed.ts';
import { SideBySide, type CasChoice, type Marker } from './side-by-side.ts';

const COMMANDS = 100_000;

/** At most so many are sent at once; a cas that a batch names is from before it, and often out of date within it. */
const BATCH = 20;

const KEYS = ['a', 'b', 'caf\xc3\xa9'];

/** Drawn in place of a cas, and made into one for each side. */
const CAS_CHOICES: readonly CasChoice[] = ['current', 'current', 'former', 'larger'];

/** Times so far apart that the seconds which pass during the test change no answer. */
const RANGES: CommandRanges = {
  ...MEETING,
  key: fc.constantFrom(...KEYS),
  exptime: fc.constantFrom(0, 0, 0, 1_000_000, 2_592_001),
  recache: fc.constantFrom(0, 500_000, 1_500_000, 2_592_001),
  cas: fc.integer({ min: 0, max: CAS_CHOICES.length - 1 }),
};

/** One request in so many is an odd one. */
const ODD = { weight: 1, of: 12 } as const;

const LINE_END: Marker = { request: Buffer.from('mg last-of-batch O4711\r\n'), answer: Buffer.from('EN O4711\r\n') };
const END_OPAQUE = 0x0e0d0e0d;
const PACKET_END: Marker = { request: binaryRequest('noop', { opaque: END_OPAQUE }), answer: endPacket() };

type Sent = TextCommand | MetaCommand | BinaryCommand;
type Resolve = <C extends Sent>(command: C) => C;

/** Writes a request; `resolve` puts a side's own cas in the place of the one that was drawn. */
type Request = (resolve: Resolve) => Buffer;

const avoidances = intendedDifferences.flatMap(({ avoid }) => avoid ?? []);

let memcached: MemcachedBeside;
let daemon: RunningDaemon;
let both: SideBySide;

beforeAll(async () => {
  process.stdout.write(`CONFORMANCE_SEED=${seed()}\n`);
  memcached = await MemcachedBeside.start();
  daemon = await RunningDaemon.start();
});

afterAll(async () => {
  await daemon.close();
  await memcached.close();
});

beforeEach(async () => {
  both = await SideBySide.open(memcached.path, daemon.address);
  await both.ask(() => Buffer.from('flush_all\r\n'), LINE_END);
  both.close();
  both = await SideBySide.open(memcached.path, daemon.address);
  return () => both.close();
});

describe(`${COMMANDS} random commands, from CONFORMANCE_SEED=${seed()} on, get the same replies from both`, () => {
  test('in the text protocol', async () => {
    const commands = textCommands(RANGES).map(
      (command): Request =>
        (resolve) =>
          writeText(resolve(command)),
    );
    await compare(draw(commands, oddTextRequests), LINE_END);
  });

  test('in the meta protocol', async () => {
    const commands = fc.tuple(metaCommands(RANGES), metaReturnFlags, fc.nat(), fc.boolean()).map(
      ([command, flags, shift, isReversed]): Request =>
        (resolve) =>
          rewordLine(writeMeta(resolve(command), flags), (words) => turned(words, shift, isReversed)),
    );
    await compare(draw(commands, oddMetaRequests), LINE_END);
  });

  test('in the binary protocol', async () => {
    const commands = fc.tuple(binaryCommands(RANGES), fc.constantFrom('loud', 'quiet')).map(
      ([command, volume]): Request =>
        (resolve) =>
          writeBinary(resolve(command), volume),
    );
    await compare(draw(commands, oddPackets), PACKET_END);
  });
});

function draw(commands: Arbitrary<Request>, odd: Arbitrary<Buffer>): Request[] {
  const requests = fc.oneof(
    { weight: ODD.of - ODD.weight, arbitrary: commands },
    {
      weight: ODD.weight,
      arbitrary: odd.map(
        (bytes): Request =>
          () =>
            bytes,
      ),
    },
  );
  return fc.sample(requests, { seed: seed(), numRuns: COMMANDS });
}

async function compare(requests: readonly Request[], marker: Marker): Promise<void> {
  for (
    let at = 0, batch = batchFrom(requests, at);
    batch.length > 0;
    at += batch.length, batch = batchFrom(requests, at)
  ) {
    const replies = await both.ask((casFor) => {
      const resolve: Resolve = (command) => withCas(command, casFor);
      return Buffer.concat(batch.map((write) => write(resolve)));
    }, marker);
    if (replies.maglia.join('') !== replies.memcached.join('')) {
      const sent = batch.map((write) => asDrawn(write).toString('latin1'));
      expect({ at, sent, replies: replies.maglia }).toEqual({ at, sent, replies: replies.memcached });
    }
    const items = await both.inspect(KEYS);
    expect({ at, items: items.maglia }).toEqual({ at, items: items.memcached });
  }
}

function batchFrom(requests: readonly Request[], at: number): readonly Request[] {
  const batch = requests.slice(at, at + BATCH);
  const next = batch.findIndex((write, index) => index > 0 && isApart(asDrawn(write)));
  return next === -1 ? batch : batch.slice(0, next);
}

/** Whether it is sent only when the replies to those before it have come. */
function isApart(bytes: Buffer): boolean {
  return avoidances.some((avoid) => avoid.kind === 'apart' && avoid.isApart(bytes));
}

function asDrawn(write: Request): Buffer {
  return write((command) => command);
}

function withCas<C extends Sent>(command: C, casFor: (key: string, choice: CasChoice) => number): C {
  if (!('cas' in command) || command.cas === undefined) return command;
  return { ...command, cas: casFor(command.key, CAS_CHOICES[command.cas] ?? 'larger') };
}

/** The first line of a meta request with its flags in another order, and clear of the intended differences. */
function rewordLine(bytes: Buffer, change: (words: readonly string[]) => readonly string[]): Buffer {
  const end = bytes.indexOf('\r\n');
  let words = change(bytes.toString('latin1', 0, end).split(' '));
  for (const avoid of avoidances) if (avoid.kind === 'reword') words = avoid.reword(words);
  return Buffer.concat([Buffer.from(words.join(' '), 'latin1'), bytes.subarray(end)]);
}

function turned(words: readonly string[], shift: number, isReversed: boolean): readonly string[] {
  const head = words[0] === 'ms' ? 3 : 2;
  const flags = words.slice(head);
  const at = flags.length === 0 ? 0 : shift % flags.length;
  const shifted = [...flags.slice(at), ...flags.slice(0, at)];
  return [...words.slice(0, head), ...(isReversed ? shifted.reverse() : shifted)];
}

function endPacket(): Buffer {
  const packet = binaryRequest('noop', { opaque: END_OPAQUE });
  packet.writeUInt8(0x81, 0);
  return packet;
}
