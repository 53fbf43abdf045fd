import { OPCODES } from '../../src/doors/memcached/protocol/binary/opcodes.ts';
import { LONGEST_SPAN_SECONDS } from '../../src/doors/memcached/protocol/exptime.ts';
import { binaryRequest, numberExtras, storeExtras } from './binary-request.ts';
import type { Answer } from './scenario.ts';

/**
 * One thing that maglia answers differently from memcached 1.6.18 (as Debian 12 has it) on purpose. The steps are sent to a
 * fresh server on one connection, the next when the one before was answered; the answers are those to the last step.
 */
export interface IntendedDifference {
  readonly id: string;
  readonly why: string;
  readonly steps: readonly (string | Buffer)[];
  readonly memcached: Answer;
  readonly maglia: Answer;
  /** For what random commands would run into: how they stay clear of it. Nothing else keeps them from anything. */
  readonly avoid?: Avoidance;
}

/**
 * `reword`: a line of the meta protocol, as its words, is made into one that both answer alike; `apart`: such a request is
 * sent only when the replies to those before it have come.
 */
export type Avoidance =
  | { readonly kind: 'reword'; readonly reword: (words: readonly string[]) => readonly string[] }
  | { readonly kind: 'apart'; readonly isApart: (request: Buffer) => boolean };

const FORMAT = 'CLIENT_ERROR bad command line format\r\n';
const TOO_LARGE = 'SERVER_ERROR object too large for cache\r\n';
const TOO_LONG_KEY = 'k'.repeat(251);
const setA = 'set a 0 0 1\r\n1\r\n';
const REQUEST_MAGIC = 0x80;
const ARITHMETIC_OPCODES: ReadonlySet<number> = new Set([
  OPCODES.increment,
  OPCODES.incrementQ,
  OPCODES.decrement,
  OPCODES.decrementQ,
]);
const extras = storeExtras(0, 0);
const noop = binaryRequest('noop');
const noopReply = response(0x0a, 0, '');

export const intendedDifferences: readonly IntendedDifference[] = [
  // What is told
  {
    id: 'stats-cachedump',
    why: 'it would tell the ids of sessions to anything that reaches the door; every class is answered as empty',
    // Flat, so that memcached's item is in the list that is dumped at once.
    steps: ['lru mode flat\r\n', setA, 'stats cachedump 1 10\r\n'],
    memcached: open('ITEM a [1 b; 0 s]\r\nEND\r\n'),
    maglia: open('END\r\n'),
  },
  {
    id: 'stats-detail',
    why: 'nothing is counted by prefixes: what is switched on tells nothing',
    steps: ['stats detail on\r\n', 'set user:a 0 0 1\r\n1\r\n', 'stats detail dump\r\n'],
    memcached: open('PREFIX user get 0 hit 0 set 1 del 0\r\nEND\r\n'),
    maglia: open('END\r\n'),
  },
  // What a key may be
  {
    id: 'nul-ends-key',
    why: 'memcached cuts a line at a NUL, and deletes a; under the key that was named nothing can be',
    steps: [setA, 'delete a\x00zzz\r\n'],
    memcached: open('DELETED\r\n'),
    maglia: open('NOT_FOUND\r\n'),
  },
  {
    id: 'nul-ends-line',
    why: 'memcached cuts a line at a NUL; a word with a NUL in it is no command',
    steps: ['version\x00zzz\r\n'],
    memcached: open('VERSION 1.6.18\r\n'),
    maglia: open('ERROR\r\n'),
  },
  {
    id: 'control-byte-in-key',
    why: 'keys are printable: 0x21-0x7E and bytes from 0x80; nothing is stored under any other, and a read finds nothing',
    steps: ['set a\x01\tb 0 0 1\r\n1\r\nget a\x01\tb\r\n'],
    memcached: open('STORED\r\nVALUE a\x01\tb 0 1\r\n1\r\nEND\r\n'),
    maglia: open(`${FORMAT}END\r\n`),
  },
  {
    id: 'delete-byte-in-key',
    why: 'the same for 0x7F',
    steps: ['set a\x7f 0 0 1\r\n1\r\n'],
    memcached: open('STORED\r\n'),
    maglia: open(FORMAT),
  },
  {
    id: 'control-byte-in-encoded-key',
    why: 'one rule for keys in every protocol: what base64 hides is not a key either (here: a, space, b)',
    steps: ['ms YSBi 1 b\r\n1\r\n'],
    memcached: open('HD\r\n'),
    maglia: open(FORMAT),
  },
  {
    id: 'control-byte-in-binary-key',
    why: 'one rule for keys in every protocol, also where the framing would carry the bytes',
    steps: [Buffer.concat([binaryRequest('replace', { key: 'a b', value: '1', extras }), noop])],
    memcached: open(response(0x03, 1, 'Not found') + noopReply),
    maglia: open(response(0x03, 4, 'Invalid arguments') + noopReply),
  },
  {
    id: 'control-byte-in-opaque',
    why: 'nothing unprintable is echoed',
    steps: ['mg a O\x01\r\n'],
    memcached: open('EN O\x01\r\n'),
    maglia: open(FORMAT),
  },
  {
    id: 'base64-with-other-characters',
    why: 'memcached skips what is not base64; one key has one encoding here',
    steps: ['mg Y!Q== b\r\n'],
    memcached: open('EN\r\n'),
    maglia: open('CLIENT_ERROR error decoding key\r\n'),
  },

  // What a number may be
  {
    id: 'length-wraps',
    why: 'memcached takes a length modulo 2^32 and would store one byte',
    steps: ['set a 0 0 4294967297\r\n1\r\n'],
    memcached: open('STORED\r\n'),
    maglia: closed(FORMAT),
  },
  {
    id: 'meta-length-wraps',
    why: 'the same for ms',
    steps: ['ms a 4294967297\r\n1\r\n'],
    memcached: open('HD\r\n'),
    maglia: closed(FORMAT),
  },
  {
    id: 'length-with-plus',
    why: 'a length is a plain decimal',
    steps: ['set a 0 0 +1\r\n1\r\n'],
    memcached: open('STORED\r\n'),
    maglia: closed(FORMAT),
  },
  {
    id: 'length-with-leading-zero',
    why: 'a length is a plain decimal',
    steps: ['set a 0 0 01\r\n1\r\n'],
    memcached: open('STORED\r\n'),
    maglia: closed(FORMAT),
  },
  {
    id: 'flags-wrap',
    why: 'memcached takes client flags modulo 2^32',
    steps: ['set a 4294967296 0 1\r\n1\r\n'],
    memcached: open('STORED\r\n'),
    maglia: closed(FORMAT),
  },
  {
    id: 'exptime-wraps',
    why: 'memcached takes an exptime modulo 2^32',
    steps: ['touch a 4294967296\r\n'],
    memcached: open('NOT_FOUND\r\n'),
    maglia: open('CLIENT_ERROR invalid exptime argument\r\n'),
  },
  {
    id: 'exptime-after-2038',
    why: 'memcached reads a moment from 2^31 on as negative, as long past; we read it as the moment it is, up to 30 days before 2^32',
    steps: ['set a 0 4102444800 1\r\n1\r\nget a\r\n'],
    memcached: open('STORED\r\nEND\r\n'),
    maglia: open('STORED\r\nVALUE a 0 1\r\n1\r\nEND\r\n'),
  },
  {
    id: 'delta-with-plus',
    why: 'a delta is a plain decimal',
    steps: [setA, 'incr a +1\r\n'],
    memcached: open('2\r\n'),
    maglia: open('CLIENT_ERROR invalid numeric delta argument\r\n'),
  },
  {
    id: 'minus-behind-the-number',
    why: 'behind a number from 2^63 on memcached finds what was left of an earlier item, and takes its minus for a sign',
    steps: [
      'set a 0 0 30\r\n------------------------------\r\ndelete a\r\n',
      'set a 0 0 20\r\n18446744073709551614\r\nincr a 1\r\n',
    ],
    memcached: open('STORED\r\nCLIENT_ERROR cannot increment or decrement non-numeric value\r\n'),
    maglia: open('STORED\r\n18446744073709551615\r\n'),
  },
  {
    id: 'meta-token-with-leading-zero',
    why: 'numbers in flags are plain decimals',
    steps: ['ms a 1 T010 F01\r\n1\r\n'],
    memcached: open('HD\r\n'),
    maglia: open('CLIENT_ERROR bad token in command line format\r\n'),
  },

  // Where the next command begins
  {
    id: 'malformed-store-closes',
    why: 'memcached takes the value for commands; a key with a space in it would turn data into commands',
    steps: ['set a b 0 0 7\r\nversion\r\n'],
    memcached: open(`${FORMAT}VERSION 1.6.18\r\n`),
    maglia: closed(FORMAT),
  },
  {
    id: 'short-store-closes',
    why: 'without a length nobody knows where the next command begins',
    steps: ['cas a 0 0 7 \r\nversion\r\n'],
    memcached: open('ERROR\r\nVERSION 1.6.18\r\n'),
    maglia: closed('ERROR\r\n'),
  },
  {
    id: 'negative-length-closes',
    why: 'the same',
    steps: ['set a 0 0 -1\r\nversion\r\n'],
    memcached: open(`${FORMAT}VERSION 1.6.18\r\n`),
    maglia: closed(FORMAT),
  },
  {
    id: 'meta-store-without-length-closes',
    why: 'the same for ms',
    steps: ['ms a S1\r\nversion\r\n'],
    memcached: open(`${FORMAT}VERSION 1.6.18\r\n`),
    maglia: closed(FORMAT),
  },
  {
    id: 'meta-store-with-second-number-closes',
    why: 'no flag is a digit, so this may be the true length, after a key with a space in it',
    steps: ['ms a 1 7\r\nversion\r\n'],
    memcached: open('CLIENT_ERROR invalid flag\r\nERROR\r\n'),
    maglia: closed('CLIENT_ERROR invalid flag\r\n'),
  },
  {
    id: 'noreply-and-more-closes',
    why: 'memcached takes the value for commands',
    steps: ['set a 0 0 7 noreply x\r\nversion\r\n'],
    memcached: open('ERROR\r\nVERSION 1.6.18\r\n'),
    maglia: closed('ERROR\r\n'),
  },
  {
    id: 'store-with-another-last-word-closes',
    why: 'memcached ignores the word; a key with a space in it looks like this',
    steps: ['set a 0 0 1 5\r\n1\r\n'],
    memcached: open('STORED\r\n'),
    maglia: closed(FORMAT),
  },
  {
    id: 'another-last-word',
    why: 'memcached ignores the word; in touch, a key with a space in it looks like this',
    steps: [setA, 'touch a 0 x\r\nincr a 1 x\r\nflush_all 0 x\r\nverbosity 0 x\r\n'],
    memcached: open('TOUCHED\r\n2\r\nOK\r\nOK\r\n'),
    maglia: open(FORMAT + FORMAT + FORMAT + FORMAT),
  },
  {
    id: 'refused-key-passes-over-value',
    why: 'memcached takes the value after a refused key for a command; the line is in order, so we know its length',
    steps: [`set ${TOO_LONG_KEY} 0 0 7\r\nversion\r\n`],
    memcached: open(`${FORMAT}VERSION 1.6.18\r\n`),
    maglia: open(FORMAT),
  },
  {
    id: 'refused-meta-key-passes-over-value',
    why: 'the same for ms',
    steps: [`ms ${TOO_LONG_KEY} 7\r\nversion\r\n`],
    memcached: open(`${FORMAT}VERSION 1.6.18\r\n`),
    maglia: open(FORMAT),
  },
  {
    id: 'too-many-flags-pass-over-value',
    why: 'the same',
    steps: ['ms a 7 a b c d e f g h i j k l m n o p q r s t\r\nversion\r\n'],
    memcached: open('CLIENT_ERROR options flags too long\r\nVERSION 1.6.18\r\n'),
    maglia: open('CLIENT_ERROR options flags too long\r\n'),
  },
  {
    id: 'bad-data-chunk-closes',
    why: 'client and server disagree about the length: what follows may be anybody’s bytes',
    steps: ['set a 0 0 1\r\n1\r?version\r\n'],
    memcached: open('CLIENT_ERROR bad data chunk\r\nVERSION 1.6.18\r\n'),
    maglia: closed('CLIENT_ERROR bad data chunk\r\n'),
  },
  {
    id: 'bad-meta-data-chunk-closes',
    why: 'the same for ms',
    steps: ['ms a 1 q\r\n1??version\r\n'],
    memcached: open('CLIENT_ERROR bad data chunk\r\nVERSION 1.6.18\r\n'),
    maglia: closed('CLIENT_ERROR bad data chunk\r\n'),
  },
  {
    id: 'bad-data-chunk-after-refusal-closes',
    why: 'the same where the value was passed over; it has had its answer',
    steps: [`set a 0 0 2000000\r\n${'x'.repeat(2000000)}??version\r\n`],
    memcached: open(`${TOO_LARGE}VERSION 1.6.18\r\n`),
    maglia: closed(TOO_LARGE),
  },

  {
    id: 'refused-get-in-a-pipeline',
    why: 'a get with a key too long takes the reply before it away, so that all after it answer the wrong requests (S0)',
    steps: [`version\r\nget ${TOO_LONG_KEY}\r\nmn\r\n`],
    memcached: open(`${FORMAT}MN\r\n`),
    maglia: open(`VERSION 1.6.18\r\n${FORMAT}MN\r\n`),
    avoid: { kind: 'apart', isApart: isRefusedGet },
  },

  // Limits
  {
    id: 'too-large-append-takes-old-value',
    why: 'memcached drops the old value for a set, and for every store in meta: one rule here, since a cache may be behind it',
    steps: [setA, `append a 0 0 2000000\r\n${'x'.repeat(2000000)}\r\nget a\r\n`],
    memcached: open(`${TOO_LARGE}VALUE a 0 1\r\n1\r\nEND\r\n`),
    maglia: open(`${TOO_LARGE}END\r\n`),
  },
  {
    id: 'too-large-keeps-old-session',
    why: 'a session that lives here alone must not be lost because its next version is refused',
    steps: ['set sess:a 0 0 1\r\n1\r\n', `set sess:a 0 0 2000000\r\n${'x'.repeat(2000000)}\r\nget sess:a\r\n`],
    memcached: open(`${TOO_LARGE}END\r\n`),
    maglia: open(`${TOO_LARGE}VALUE sess:a 0 1\r\n1\r\nEND\r\n`),
  },
  {
    id: 'long-line-is-told',
    why: 'memcached hangs up without a word, and only where the line end has not arrived with the rest',
    steps: [`version ${'x'.repeat(20000)}\r\n`],
    memcached: closed(''),
    maglia: closed('CLIENT_ERROR line too long\r\n'),
  },
  {
    id: 'long-gat',
    why: 'memcached lets get and gets be long, but hangs up on a long gat; nothing speaks against it',
    steps: [`gat 0 ${Array.from({ length: 3000 }, (_, number) => `key-${number}`).join(' ')}\r\n`],
    memcached: closed(''),
    maglia: open('END\r\n'),
  },
  {
    id: 'too-many-keys',
    why: 'memcached takes any number of keys',
    steps: [`get${' a'.repeat(10001)}\r\n`],
    memcached: open('END\r\n'),
    maglia: open('CLIENT_ERROR too many keys\r\n'),
  },

  // Replies
  {
    id: 'meta-key-as-asked',
    why: 'memcached returns k as the item was stored, encoded or not; we return it as this request has it',
    steps: ['ms YQ== 1 b\r\n1\r\n', 'mg a k\r\n'],
    memcached: open('HD kYQ== b\r\n'),
    maglia: open('HD ka\r\n'),
    avoid: reword(byOneName),
  },
  {
    id: 'meta-plain-key-asked-encoded',
    why: 'the same the other way round',
    steps: [setA, 'mg YQ== b k\r\n'],
    memcached: open('HD ka\r\n'),
    maglia: open('HD kYQ== b\r\n'),
  },
  {
    id: 'meta-key-of-a-new-item',
    why: 'the same again: memcached takes the key of an item that N has made for a plain one',
    steps: ['mg YQ== b k N30\r\n'],
    memcached: open('HD ka W\r\n'),
    maglia: open('HD kYQ== b W\r\n'),
  },
  {
    id: 'meta-t-before-T',
    why: 'memcached returns the old TTL where t stands before T or N; ours is the TTL from now on, wherever t stands',
    steps: ['ms a 1 T100\r\n1\r\n', 'mg a t T50\r\nmg b t N30\r\n'],
    memcached: open('HD t100\r\nHD t-1 W\r\n'),
    maglia: open('HD t50\r\nHD t30 W\r\n'),
    avoid: reword((words) => last(words, 't')),
  },
  {
    id: 'meta-T-after-N',
    why: 'memcached gives a new item the life of N or T, whichever stands last; N is the life of a new one here',
    steps: ['mg a N30 T50 k\r\nmg a t\r\n'],
    memcached: open('HD ka W\r\nHD t50 Z\r\n'),
    maglia: open('HD ka W\r\nHD t30 Z\r\n'),
    avoid: reword((words) => first(words, 'T')),
  },
  {
    id: 'meta-R-after-T',
    why: 'memcached compares R with the new life where T stands first; what is left before any touch decides here',
    steps: ['ms a 1 T100\r\n1\r\n', 'mg a T5 R10\r\n'],
    memcached: open('HD W\r\n'),
    maglia: open('HD\r\n'),
    avoid: reword((words) => first(words, 'R')),
  },
  {
    id: 'number-padding-in-a-pipeline',
    why: 'a number that has become shorter is padded, but memcached cannot where a reply still holds the item',
    steps: ['set n 0 0 3\r\n100\r\n', 'mg n v\r\nma n MD\r\nmg n v\r\n'],
    memcached: open('VA 3\r\n100\r\nHD\r\nVA 2\r\n99\r\n'),
    maglia: open('VA 3\r\n100\r\nHD\r\nVA 3\r\n99 \r\n'),
    avoid: { kind: 'apart', isApart: isArithmetic },
  },
  {
    id: 'ma-T-as-the-number-grows',
    why: 'where the number needs a digit more, memcached gives the new life to the item that it has just replaced',
    steps: ['ms a 1 T100\r\n9\r\n', 'ma a T50\r\nmg a v t\r\n'],
    memcached: open('HD\r\nVA 2 t100\r\n10\r\n'),
    maglia: open('HD\r\nVA 2 t50\r\n10\r\n'),
    avoid: reword((words) => (words[0] === 'ma' ? without(words, 'T') : words)),
  },
  {
    id: 'meta-t-of-expired',
    why: 'the TTL of an item that was just made to expire long ago: memcached lets it wrap round',
    steps: ['ms a 1\r\n1\r\n', 'mg a T-1 t\r\n'],
    memcached: open('HD t4294967235\r\n'),
    maglia: open('HD t0\r\n'),
    avoid: reword((words) => (words.some(isLongPast) ? without(words, 't') : words)),
  },
  {
    id: 'me-fields',
    why: 'exp is the TTL as documented, without memcached’s minus; there are no slab classes, and no header to count',
    steps: ['ms a 1 T100\r\n1\r\n', 'me a\r\n'],
    memcached: open('ME a exp=-100 la=0 cas=1 fetch=no cls=1 size=61\r\n'),
    maglia: open('ME a exp=100 la=0 cas=1 fetch=no cls=1 size=2\r\n'),
  },
  {
    id: 'me-encoded-key',
    why: 'me too returns the key as the request has it',
    steps: [setA, 'me YQ== b\r\n'],
    memcached: open('ME a exp=-1 la=0 cas=1 fetch=no cls=1 size=61\r\n'),
    maglia: open('ME YQ== exp=-1 la=0 cas=1 fetch=no cls=1 size=5\r\n'),
  },

  // Commands
  {
    id: 'bget',
    why: 'undocumented for many years',
    steps: ['bget a\r\n'],
    memcached: open('END\r\n'),
    maglia: open('ERROR\r\n'),
  },
  {
    id: 'administration',
    why: 'a door for sessions is not where a memcached is administered',
    steps: ['shutdown\r\nrefresh_certs\r\ncache_memlimit 64\r\nslabs automove 0\r\n'],
    memcached: open('ERROR: shutdown not enabled\r\nError TLS not enabled\r\nOK\r\nOK\r\n'),
    maglia: open('ERROR\r\nERROR\r\nERROR\r\nERROR\r\n'),
  },
  {
    id: 'watch',
    why: 'it would show other clients’ keys',
    steps: ['watch\r\n'],
    memcached: open('OK\r\n'),
    maglia: open('ERROR\r\n'),
  },

  // The binary protocol
  {
    id: 'binary-verbosity',
    why: 'libmemcached sends it; memcached does not know it, and loses count of the bytes after it',
    steps: [Buffer.concat([binaryRequest('verbosity', { extras: numberExtras(0) }), noop])],
    memcached: open(response(0x1b, 0x81, 'Unknown command')),
    maglia: open(response(0x1b, 0, '') + noopReply),
  },
  {
    id: 'binary-negative-exptime',
    why: 'a client writes -1 into 32 bits and means "over already", as in text; memcached takes it for a moment in 2106 here',
    steps: [
      Buffer.concat([
        binaryRequest('setQ', { key: 'a', extras: storeExtras(0, 0xffffffff), value: '1' }),
        binaryRequest('delete', { key: 'a' }),
      ]),
    ],
    memcached: open(response(0x04, 0, '')),
    maglia: open(response(0x04, 1, 'Not found')),
  },
  {
    id: 'binary-unknown-opcode-with-key',
    why: 'memcached passes over extras and key twice, and loses count of the bytes after them',
    steps: [Buffer.concat([binaryRequest(0x40, { key: 'abc', value: 'def' }), noop, noop])],
    memcached: closed(''),
    maglia: open(response(0x40, 0x81, 'Unknown command') + noopReply + noopReply),
  },
  {
    id: 'binary-touch-with-value',
    why: 'memcached takes the value for the next packet; a packet with other parts than its opcode’s closes',
    steps: [Buffer.concat([binaryRequest('touch', { key: 'a', extras: numberExtras(0), value: 'x' }), noop])],
    memcached: closed(response(0x1c, 1, 'Not found')),
    maglia: closed(response(0x1c, 4, 'Invalid arguments')),
  },
  {
    id: 'binary-stat-with-value',
    why: 'the same',
    steps: [Buffer.concat([binaryRequest('stat', { key: 'reset', value: 'x' }), noop])],
    memcached: closed(''),
    maglia: closed(response(0x10, 4, 'Invalid arguments')),
  },
  {
    id: 'binary-absurd-length',
    why: 'more than 2 GiB are announced; memcached says "Too large." and loses count',
    steps: [binaryRequest('set', { key: 'a', extras, bodyBytes: 0xffffffff })],
    memcached: open(response(0x01, 3, 'Too large.')),
    maglia: closed(response(0x01, 4, 'Invalid arguments')),
  },
];

function open(bytes: string): Answer {
  return { bytes, closes: false };
}

function closed(bytes: string): Answer {
  return { bytes, closes: true };
}

function reword(change: (words: readonly string[]) => readonly string[]): Avoidance {
  return { kind: 'reword', reword: change };
}

function isArithmetic(request: Buffer): boolean {
  if (request[0] === REQUEST_MAGIC) return ARITHMETIC_OPCODES.has(request.readUInt8(1));
  return /^(?:incr|decr|ma) /.test(request.toString('latin1'));
}

function isRefusedGet(request: Buffer): boolean {
  return /^g\S+ (?:.* )?\S{251}/.test(request.toString('latin1'));
}

/** What stands before the flags: command, key, and the length of what ms stores. */
function headOf(words: readonly string[]): number {
  return words[0] === 'ms' ? 3 : 2;
}

function isFlag(words: readonly string[], letter: string): (word: string, index: number) => boolean {
  return (word, index) => index >= headOf(words) && word.startsWith(letter);
}

function without(words: readonly string[], letter: string): readonly string[] {
  const is = isFlag(words, letter);
  return words.filter((word, index) => !is(word, index));
}

function first(words: readonly string[], letter: string): readonly string[] {
  const others = without(words, letter);
  const head = headOf(words);
  return [...others.slice(0, head), ...words.filter(isFlag(words, letter)), ...others.slice(head)];
}

function last(words: readonly string[], letter: string): readonly string[] {
  return [...without(words, letter), ...words.filter(isFlag(words, letter))];
}

/** A key that is not plain ASCII is always sent encoded, and not asked back; any other is never encoded. */
function byOneName(words: readonly string[]): readonly string[] {
  const [command = '', key, ...rest] = words;
  if (key === undefined || !/[\x80-\xff]/.test(key)) return words;
  return without([command, Buffer.from(key, 'latin1').toString('base64'), ...rest, 'b'], 'k');
}

/** A life that ends at a moment in 1971. */
function isLongPast(word: string): boolean {
  const exptime = Number(/^[TN](\d+)$/.exec(word)?.[1]);
  return exptime > LONGEST_SPAN_SECONDS && exptime < 2 * LONGEST_SPAN_SECONDS;
}

/** A response of the binary protocol that has nothing but a status and a text. */
function response(opcode: number, status: number, text: string): string {
  const header = binaryRequest(opcode, { magic: 0x81, value: text });
  header.writeUInt16BE(status, 6);
  return header.toString('latin1');
}
