import { EventEmitter } from 'node:events';
import type { AcceptedSocket, DialledSocket, SocketServer, Transport } from '../../../src/mesh/transport.ts';
import type { Letter, LetterMap, MeshAddress } from '../../../src/session/letter.ts';
import type { SimNetwork } from './sim-network.ts';
import type { SimProcess } from './sim-process.ts';

/** One turn of an event loop, at whose end leaves what was written in it. */
const TURN_MS = 0.02;

export interface SimTransportParts {
  readonly letter: Letter;
  readonly map: LetterMap;
  readonly network: SimNetwork;
  readonly process: SimProcess;
}

/** Connections of one daemon over the simulated network: plain ones, as there is nobody to listen in. */
export function simTransport({ letter, map, network, process }: SimTransportParts): Transport {
  return {
    dial: (_security, address): DialledSocket => ({
      socket: network.dial(letter, letterAt(map, address), process),
      readyEvent: 'connect',
    }),
    serve: (onSocket) => new SimServer((to) => network.listen(letter, { process, onSocket: to }), onSocket),
    endOfTurn: (run) => void process.clock.after(TURN_MS, run),
  };
}

/** Listens until its process is dead. */
class SimServer extends EventEmitter implements SocketServer {
  readonly #listen: (onSocket: (socket: AcceptedSocket) => void) => void;
  readonly #onSocket: (socket: AcceptedSocket) => void;
  #port = 0;

  constructor(
    listen: (onSocket: (socket: AcceptedSocket) => void) => void,
    onSocket: (socket: AcceptedSocket) => void,
  ) {
    super();
    this.#listen = listen;
    this.#onSocket = onSocket;
  }

  listen({ port }: MeshAddress, onListening: () => void): void {
    this.#port = port;
    this.#listen(this.#onSocket);
    onListening();
  }

  address(): { readonly port: number } {
    return { port: this.#port };
  }

  close(onClosed: () => void): void {
    onClosed();
  }
}

function letterAt(map: LetterMap, { host }: MeshAddress): Letter {
  const letter = map.letters.find((one) => map.address(one).host === host);
  if (letter === undefined) throw new RangeError(`nobody has the address ${host}`);
  return letter;
}
