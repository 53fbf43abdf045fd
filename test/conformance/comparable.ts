/*
 * Answers of memcached and of ours in a form in which they can be compared: whatever may differ by nature is named.
 */
import { OPCODES } from '../../src/doors/memcached/protocol/binary/opcodes.ts';

/** The default life that nodes under test have: nothing else lives nearly as long. */
export const DEFAULT_LIFE_SECONDS = 10_000_000;
const UNLIMITED_FROM = 9_000_000;

/** memcached counts whole seconds on a clock of its own, so that a long life may look a second longer or shorter. */
const LONG_LIFE_SECONDS = 1_000_000;
const LONG_FROM = 990_000;

const HEADER_BYTES = 24;
const OUR_VERSION = /(1\.6\.18)-maglia-[\w.]+/g;

/** Every cas that lines of the text and meta protocols tell. */
const LINE_CAS =
  /(?<=^VALUE \S+ \d+ \d+ )\d+(?=\r\n)|(?<=^(?:HD|VA \d+|EN|NS|EX|NF)(?: [^c\r\n]\S*)* c)\d+|(?<=^ME [^\r\n]* cas=)\d+/gm;
const LINE_TTL = /(?<=^(?:HD|VA \d+)(?: [^t\r\n]\S*)* t)\d+|(?<=^ME \S+ exp=)\d+/gm;

export interface Comparable {
  /** One entry for each thing that can differ, for people to read. */
  readonly parts: readonly string[];
  /** Every cas that the answer tells, in its order. */
  readonly cas: readonly bigint[];
}

/** `nameOf` gives a cas its name. */
export function comparable(answer: Buffer, nameOf: (cas: bigint) => string): Comparable {
  return answer[0] === 0x81 ? comparePackets(answer, nameOf) : compareLines(answer.toString('latin1'), nameOf);
}

function compareLines(answer: string, nameOf: (cas: bigint) => string): Comparable {
  const cas = (answer.match(LINE_CAS) ?? []).map(BigInt);
  const text = answer
    .replace(LINE_CAS, (digits) => (digits === '0' ? digits : nameOf(BigInt(digits))))
    .replace(LINE_TTL, lifeName)
    .replace(OUR_VERSION, '$1');
  return { parts: text.split(/(?<=\r\n)/), cas: cas.filter((each) => each !== 0n) };
}

function lifeName(digits: string): string {
  const seconds = Number(digits);
  if (seconds >= UNLIMITED_FROM) return '-1';
  return seconds >= LONG_FROM && seconds <= LONG_LIFE_SECONDS ? String(LONG_LIFE_SECONDS) : digits;
}

function comparePackets(answer: Buffer, nameOf: (cas: bigint) => string): Comparable {
  const parts: string[] = [];
  const cas: bigint[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= answer.length) {
    const end = at + HEADER_BYTES + answer.readUInt32BE(at + 8);
    const packet = answer.subarray(at, end);
    const own = packet.readBigUInt64BE(16);
    if (own !== 0n) cas.push(own);
    const isVersion = packet.readUInt8(1) === OPCODES.version;
    const body = packet.toString('latin1', HEADER_BYTES).replace(isVersion ? OUR_VERSION : /^$/, '$1');
    const head = packet.subarray(0, isVersion ? 8 : 16).toString('hex');
    parts.push(`${head} cas ${own === 0n ? '0' : nameOf(own)} ${JSON.stringify(body)}`);
    at = end;
  }
  if (at < answer.length) parts.push(`and ${answer.length - at} bytes`);
  return { parts, cas };
}
