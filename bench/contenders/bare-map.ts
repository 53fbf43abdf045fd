/**
 * The least that Node.js takes for the memcached door's load: values in a Map, out of it with one write for all that a chunk
 * asked. No session, no store, no peer, no second process, and nothing is checked. It knows `get` of one key, and `set`.
 * A program of its own: `bare-map.ts <port> <path of a unix socket>`.
 */
import { createServer, type Socket } from 'node:net';

const END = Buffer.from('END\r\n');
const STORED = Buffer.from('STORED\r\n');
const LINE_FEED = 0x0a;
const BREAK_BYTES = 2;

/** What a `get` of a key is answered, as it leaves. */
const answers = new Map<string, Buffer>();

function serve(socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const replies: Buffer[] = [];
    rest = bytes.subarray(answerAll(bytes, replies));
    if (replies.length > 0) socket.write(Buffer.concat(replies));
  });
}

/** @returns how many bytes were whole requests */
function answerAll(bytes: Buffer, replies: Buffer[]): number {
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf(LINE_FEED, at);
    if (lineEnd < 0) return at;
    const [command, key = '', flags = '', , length = '0'] = bytes.toString('latin1', at, lineEnd - 1).split(' ');
    let next = lineEnd + 1;
    if (command === 'get') replies.push(answers.get(key) ?? END);
    else {
      next += Number(length) + BREAK_BYTES;
      if (next > bytes.length) return at;
      const head = Buffer.from(`VALUE ${key} ${flags} ${length}\r\n`, 'latin1');
      answers.set(key, Buffer.concat([head, bytes.subarray(lineEnd + 1, next), END]));
      replies.push(STORED);
    }
    at = next;
  }
}

const [port, path] = process.argv.slice(2);
createServer(serve).listen(path, () => createServer(serve).listen(Number(port), '127.0.0.1'));
