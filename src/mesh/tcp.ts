import { createServer } from 'node:net';
import { dialSocket } from './tls.ts';
import type { Transport } from './transport.ts';

/** Connections of this machine, with TLS over those that we dial. */
export const tcp: Transport = {
  dial: dialSocket,
  serve: (onSocket) => createServer(onSocket),
  endOfTurn: (run) => void setImmediate(run),
};
