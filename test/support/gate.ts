import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Where a page waits until the test lets it go on: it asks for `url`, which answers once `open` was called. */
export interface Gate {
  readonly url: string;
  /** Resolves when somebody waits at the gate. */
  readonly arrived: Promise<void>;
  open(): void;
  close(): Promise<void>;
}

export async function buildGate(): Promise<Gate> {
  const waiting: ServerResponse[] = [];
  let tellArrival: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => (tellArrival = resolve));
  let isOpen = false;
  const server = createServer((_, response) => {
    if (isOpen) response.end('go on');
    else waiting.push(response);
    tellArrival();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    arrived,
    open() {
      isOpen = true;
      for (const response of waiting.splice(0)) response.end('go on');
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
