import { STATUS_CODES, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { PROBLEMS, type ProblemCode } from './problems.ts';
import { JSON_UTF8, problemBody } from './send-problem.ts';

import type { Connections } from './connections.ts';

const CODES: ReadonlyMap<unknown, ProblemCode> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', 'REQUEST_TIMEOUT'],
  ['HPE_HEADER_OVERFLOW', 'HEADERS_TOO_LARGE'],
]);

/**
 * Answers what Node's HTTP parser gives up on, late requests and bytes that are not HTTP, and closes the connection:
 * nobody knows where the next request on it would begin.
 */
export function answerClientErrors(server: Server, connections: Connections): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || !socket.writable || isOwedToAnother(socket, connections)) {
      socket.destroy();
      return;
    }
    const code = CODES.get(error.code) ?? 'MALFORMED_HTTP';
    const { status, means } = PROBLEMS[code];
    const body = problemBody({ code, message: means });
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      `Content-Type: ${JSON_UTF8}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Cache-Control: no-store',
      'Connection: close',
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
  });
}

/**
 * Whether the next answer on this connection is another request's: one that is being carried out, or was answered in
 * part. The client would take ours for that one's (S0).
 */
function isOwedToAnother(socket: Duplex, connections: Connections): boolean {
  const latest = connections.latestOn(socket);
  if (latest === undefined) return false;
  const { request, response } = latest;
  if (request.complete) return !response.writableFinished;
  // A response is given the socket when all before it are done.
  return response.socket !== socket || response.headersSent;
}
