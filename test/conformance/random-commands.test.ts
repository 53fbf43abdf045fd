import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { InProcessNode } from '../support/in-process-node.ts';
import { binaryRequest } from './binary-request.ts';
import { DEFAULT_LIFE_SECONDS } from './comparable.ts';
import {
  binaryCommands,
  MEETING,
  metaCommands,
  metaReturnFlags,
  textCommands,
  type CommandRanges,
} from './random-commands.ts';
import { RunningMemcached } from './running-memcached.ts';
import {
  writeBinary,
  writeMeta,
  writeText,
  type BinaryCommand,
  type MetaCommand,
  type TextCommand,
} from './request-writer.ts';
import { SideBySide, type CasChoice, type Marker } from './side-by-side.ts';

const COMMANDS = 100_000;
const SEED = 11211;

/** At most so many are sent at once; a cas that a batch names is from before it, and often out of date within it. */
const BATCH = 20;

const KEYS = ['a', 'b', 'caf\xc3\xa9'];

/** Drawn in place of a cas, and made into one for each side. */
const CAS_CHOICES: readonly CasChoice[] = ['current', 'current', 'former', 'larger'];

const RANGES: CommandRanges = {
  ...MEETING,
  key: fc.constantFrom(...KEYS),
  // So far apart that the seconds which pass during the test change no answer.
  exptime: fc.constantFrom(0, 0, 0, 1_000_000, 2_592_001),
  cas: fc.integer({ min: 0, max: CAS_CHOICES.length - 1 }),
};

const PAST = 2_592_001;

const LINE_END: Marker = { request: Buffer.from('mn\r\n'), answer: Buffer.from('MN\r\n') };
const END_OPAQUE = 0x0e0d0e0d;
const PACKET_END: Marker = { request: binaryRequest('noop', { opaque: END_OPAQUE }), answer: endPacket() };

type Sent = TextCommand | MetaCommand | BinaryCommand;

interface Request {
  readonly isArithmetic: boolean;
  /** `resolve` puts a side's own cas in the place of the one that was drawn. */
  readonly write: (resolve: <C extends Sent>(command: C) => C) => Buffer;
}

let memcached: RunningMemcached;
let node: InProcessNode;
let both: SideBySide;

beforeAll(async () => {
  memcached = await RunningMemcached.start();
  node = await InProcessNode.start({ doorsAllowFlush: true, sessionTtlSeconds: String(DEFAULT_LIFE_SECONDS) });
});

afterAll(async () => {
  await node.close();
  await memcached.close();
});

beforeEach(async () => {
  both = await SideBySide.open(memcached.path, node.path);
  await both.ask(() => Buffer.from('flush_all\r\n'), LINE_END);
  both.close();
  both = await SideBySide.open(memcached.path, node.path);
  return () => both.close();
});

describe(`${COMMANDS} random commands get the same replies from memcached and from us`, () => {
  test('in the text protocol', async () => {
    await compare(
      draw(textCommands(RANGES)).map((command) => request(command, (resolve) => writeText(resolve(command)))),
      LINE_END,
    );
  });

  test('in the meta protocol', async () => {
    const requests = draw(fc.tuple(metaCommands(RANGES), metaReturnFlags)).map(([command, flags]) => {
      const same = withoutDifferences(command);
      return request(same, (resolve) => withRecacheFirst(writeMeta(resolve(same), flagsFor(same, flags))));
    });
    await compare(requests, LINE_END);
  });

  test('in the binary protocol', async () => {
    const requests = draw(fc.tuple(binaryCommands(RANGES), fc.constantFrom('loud', 'quiet'))).map(([command, volume]) =>
      request(command, (resolve) => writeBinary(resolve(command), volume)),
    );
    await compare(requests, PACKET_END);
  });
});

function draw<T>(commands: fc.Arbitrary<T>): T[] {
  return fc.sample(commands, { seed: SEED, numRuns: COMMANDS });
}

function request(command: Sent, write: Request['write']): Request {
  return { isArithmetic: command.kind === 'arithmetic', write };
}

async function compare(requests: readonly Request[], marker: Marker): Promise<void> {
  for (
    let at = 0, batch = batchFrom(requests, at);
    batch.length > 0;
    at += batch.length, batch = batchFrom(requests, at)
  ) {
    const replies = await both.ask((casFor) => {
      const resolve = <C extends Sent>(command: C): C => withCas(command, casFor);
      return Buffer.concat(batch.map(({ write }) => write(resolve)));
    }, marker);
    if (replies.maglia.join('') !== replies.memcached.join('')) {
      const sent = batch.map(({ write }) => write((command) => command).toString('latin1'));
      expect({ at, sent, replies: replies.maglia }).toEqual({ at, sent, replies: replies.memcached });
    }
    const items = await both.inspect(KEYS);
    expect({ at, items: items.maglia }).toEqual({ at, items: items.memcached });
  }
}

function withCas<C extends Sent>(command: C, casFor: (key: string, choice: CasChoice) => number): C {
  if (!('cas' in command) || command.cas === undefined) return command;
  return { ...command, cas: casFor(command.key, CAS_CHOICES[command.cas] ?? 'larger') };
}

/** What stands in `intended-differences.ts`: ma-T-as-the-number-grows. */
function withoutDifferences(command: MetaCommand): MetaCommand {
  return command.kind === 'arithmetic' ? { ...command, touch: undefined } : command;
}

/** The same: meta-t-of-expired. */
function flagsFor(command: MetaCommand, flags: readonly string[]): readonly string[] {
  const expires =
    (command.kind === 'read' && (command.touch === PAST || command.vivify === PAST)) ||
    (command.kind === 'arithmetic' && command.initial?.exptime === PAST);
  return expires ? flags.filter((flag) => flag !== 't') : flags;
}

/** The same: meta-R-after-T. */
function withRecacheFirst(request: Buffer): Buffer {
  const text = request.toString('latin1').replace(/^(mg \S+)((?: [TN]\d+)+)( R\d+)/, '$1$3$2');
  return Buffer.from(text, 'latin1');
}

/** The same: number-padding-in-a-pipeline. So numbers change only when the replies before have left. */
function batchFrom<R extends Request>(requests: readonly R[], at: number): readonly R[] {
  const batch = requests.slice(at, at + BATCH);
  const next = batch.findIndex(({ isArithmetic }, index) => index > 0 && isArithmetic);
  return next === -1 ? batch : batch.slice(0, next);
}

function endPacket(): Buffer {
  const packet = binaryRequest('noop', { opaque: END_OPAQUE });
  packet.writeUInt8(0x81, 0);
  return packet;
}
