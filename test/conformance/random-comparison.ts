import fc, { type Arbitrary } from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { MemcachedBeside } from '../support/memcached-beside.ts';
import { binaryRequest } from './binary-request.ts';
import { intendedDifferences } from './intended-differences.ts';
import { MEETING } from './random-commands.ts';
import type { CommandRanges } from './random-commands.ts';
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
export const RANGES: CommandRanges = {
  ...MEETING,
  key: fc.constantFrom(...KEYS),
  exptime: fc.constantFrom(0, 0, 0, 1_000_000, 2_592_001),
  recache: fc.constantFrom(0, 500_000, 1_500_000, 2_592_001),
  cas: fc.integer({ min: 0, max: CAS_CHOICES.length - 1 }),
};

/** One request in so many is an odd one. */
const ODD = { weight: 1, of: 12 } as const;

export const LINE_END: Marker = {
  request: Buffer.from('mg last-of-batch O4711\r\n'),
  answer: Buffer.from('EN O4711\r\n'),
};
const END_OPAQUE = 0x0e0d0e0d;
export const PACKET_END: Marker = { request: binaryRequest('noop', { opaque: END_OPAQUE }), answer: endPacket() };

type Sent = TextCommand | MetaCommand | BinaryCommand;
type Resolve = <C extends Sent>(command: C) => C;

/** Writes a request; `resolve` puts a side's own cas in the place of the one that was drawn. */
export type Request = (resolve: Resolve) => Buffer;

export interface Protocol {
  readonly name: 'text' | 'meta' | 'binary';
  readonly commands: Arbitrary<Request>;
  readonly odd: Arbitrary<Buffer>;
  /** Ends each batch. */
  readonly marker: Marker;
}

const avoidances = intendedDifferences.flatMap(({ avoid }) => avoid ?? []);

/**
 * Describes the test that both give the same replies to random commands of one protocol. Each is in a file of its own, and
 * two run at the same time: alone, the test and the daemon wait for each other in turn.
 */
export function describeRandomCommands(protocol: Protocol): void {
  let memcached: MemcachedBeside;
  let daemon: RunningDaemon;

  beforeAll(async () => {
    process.stdout.write(`CONFORMANCE_SEED=${seed()}\n`);
    memcached = await MemcachedBeside.start();
    daemon = await RunningDaemon.start();
    return async () => {
      await daemon.close();
      await memcached.close();
    };
  });

  test(`${COMMANDS} random commands of the ${protocol.name} protocol, from CONFORMANCE_SEED=${seed()} on, get the same replies from both`, async () => {
    const both = await SideBySide.open(memcached.path, daemon.address);
    try {
      await compare(both, draw(protocol.commands, protocol.odd), protocol.marker);
    } finally {
      both.close();
    }
  });
}

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

async function compare(both: SideBySide, requests: readonly Request[], marker: Marker): Promise<void> {
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

function endPacket(): Buffer {
  const packet = binaryRequest('noop', { opaque: END_OPAQUE });
  packet.writeUInt8(0x81, 0);
  return packet;
}
