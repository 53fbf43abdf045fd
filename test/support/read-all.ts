import type { Readable } from 'node:stream';

/** What was written so far, whole: since Node.js 26, `read` gives it piece by piece. */
export function readAll(stream: Readable): string {
  const pieces: Buffer[] = [];
  for (;;) {
    const piece = stream.read() as Buffer | null;
    if (piece === null) return Buffer.concat(pieces).toString();
    pieces.push(piece);
  }
}
