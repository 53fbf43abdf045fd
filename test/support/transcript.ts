import { readBinaryRequests, type BinaryRequest } from './binary-transcript.ts';

/**
 * What a client sent over one connection, a line for each request in the manner of memcached's text protocol, whichever
 * protocol it was: `set <key> <flags> <exptime> <bytes>`, `get <key>`.
 */
export function transcribe(sent: Buffer): string[] {
  return sent[0] === 0x80 ? readBinaryRequests(sent).map(toLine) : readTextRequests(sent);
}

const STORES = new Set(['set', 'add', 'replace', 'append', 'prepend', 'cas']);

function toLine({ command, key, extras, value }: BinaryRequest): string {
  const numbers = extras.match(/.{8}/g)?.map((word) => String(parseInt(word, 16))) ?? [];
  const size = STORES.has(command) ? [String(value.length)] : [];
  return [command, key, ...numbers, ...size].filter((word) => word !== '').join(' ');
}

function readTextRequests(sent: Buffer): string[] {
  const lines: string[] = [];
  for (let at = 0; at < sent.length;) {
    const end = sent.indexOf('\r\n', at);
    if (end === -1) break;
    const line = sent.toString('latin1', at, end);
    lines.push(line);
    const [command = '', , , , bytes = ''] = line.split(' ');
    at = end + 2 + (STORES.has(command) ? Number(bytes) + 2 : 0);
  }
  return lines;
}
