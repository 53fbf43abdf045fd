import type { Logger } from 'pino';
import type { HandshakeRefusal } from '../errors.ts';
import type { Letter, LetterMap } from '../session/letter.ts';
import { networkOf, plainAddress } from '../listening/caller-address.ts';
import type { Complaints } from './complaints.ts';
import type { Ending } from './framed-socket.ts';
import { checkRequest, type IsCredible } from './claimed-lives.ts';
import { judgeHello, type Judgement } from './handshake.ts';
import type { Hello, HelloAnswer, PeerRequest } from './message.ts';
import type { PeerConnection, PeerConnectionHost } from './peer-connection.ts';
import type { TurnedAway } from './reception.ts';

/** Connections of one peer: it uses one, and may have dialled anew before we noticed that the last one is gone. */
const MAX_CONNECTIONS_PER_PEER = 4;

/** Somebody whom we turned away. */
export interface Refusal {
  /** The letter that the caller claims: unproved where the secret is wrong, absent where it named none. */
  readonly letter?: Letter;
  readonly refusal: HandshakeRefusal;
  readonly explanation: string;
  /** `host:port` from which it called. */
  readonly from: string;
}

export interface AdmissionsParts {
  readonly letter: Letter;
  readonly map: LetterMap;
  readonly hello: (to: Letter) => Hello;
  readonly suspectAfterMs: number;
  readonly isCredible: IsCredible;
  readonly complaints: Complaints;
  readonly log: Logger;
  readonly onWelcomed: (hello: Hello, connection: PeerConnection) => void;
  readonly onRefused: (refusal: Refusal) => void;
  readonly onTurnedAway: (reason: TurnedAway) => void;
}

/** Who is in, who may come in, and who is told why not. */
export class Admissions implements PeerConnectionHost {
  readonly #parts: AdmissionsParts;
  readonly #connections = new Set<PeerConnection>();

  constructor(parts: AdmissionsParts) {
    this.#parts = parts;
  }

  /** Those that were welcomed. */
  get peers(): PeerConnection[] {
    return [...this.#connections].filter((one) => one.hello !== undefined);
  }

  add(connection: PeerConnection): void {
    this.#connections.add(connection);
  }

  /** Destroys all; resolves when none is open any more. */
  async close(): Promise<void> {
    const open = [...this.#connections];
    for (const connection of open) connection.destroy('this node is closing');
    await Promise.all(open.map((connection) => connection.closed));
  }

  refuse(refusal: Refusal, reason: TurnedAway = 'refused'): void {
    this.#parts.onTurnedAway(reason);
    const { letter, explanation, from } = refusal;
    const who = letter ?? hostOf(from);
    this.#parts.complaints.warn(who, refusal.refusal, `refused a caller: ${explanation}`, { ...refusal });
    this.#parts.onRefused(refusal);
  }

  judge(connection: PeerConnection, hello: Hello): Judgement {
    const { hello: ownHello, isCredible, map, suspectAfterMs } = this.#parts;
    const others = this.#of(hello.letter);
    const answer = judgeHello(hello, {
      hello: ownHello(hello.letter),
      map,
      rivals: others.map((one) => one.rival),
      suspectAfterMs,
      isCredible,
    });
    if (answer.kind === 'refused') {
      const { refusal, explanation } = answer;
      this.refuse({ letter: hello.letter, refusal, explanation, from: connection.from });
    } else {
      replaceOthers(others, hello);
    }
    return answer;
  }

  checkClaims(from: Letter, request: PeerRequest): void {
    checkRequest(from, request, this.#parts.isCredible);
  }

  onWelcomed(connection: PeerConnection, hello: Hello): void {
    this.#parts.log.info(
      { peer: hello.letter, incarnation: hello.incarnation, from: connection.from },
      'a peer has called',
    );
    this.#parts.onWelcomed(hello, connection);
  }

  refuseTls(connection: PeerConnection): HelloAnswer {
    const explanation =
      `${this.#parts.letter} has mesh.plain set, and the caller has a secret: ` +
      'give both a secretFile, or set mesh.plain on both';
    this.refuse({ refusal: 'wrong-secret', explanation, from: connection.from });
    return { kind: 'refused', refusal: 'wrong-secret', explanation };
  }

  onClosed(connection: PeerConnection, { by, why }: Ending): void {
    this.#connections.delete(connection);
    const { from, letter } = connection;
    if (letter !== undefined) this.#parts.log.info({ peer: letter, from, why }, "a peer's connection has ended");
    else if (by === 'us' && connection.isGreeting) {
      this.#parts.onTurnedAway('silent');
      this.#parts.complaints.warn(hostOf(from), 'no peer', `closed a connection that is no peer's: ${why}`, { from });
    }
  }

  #of(letter: Letter): PeerConnection[] {
    return this.peers.filter((one) => one.letter === letter);
  }
}

/**
 * Connections of the peer's other lives have been judged silent, and are done with. Those of the same life may still
 * have an answer under way, up to a few.
 */
function replaceOthers(others: readonly PeerConnection[], hello: Hello): void {
  const sameLife: PeerConnection[] = [];
  for (const other of others) {
    if (other.rival.incarnation === hello.incarnation) sameLife.push(other);
    else other.destroy(`${hello.letter} has called in another life (${hello.incarnation})`);
  }
  sameLife.sort((a, b) => b.rival.heardAgoMs - a.rival.heardAgoMs);
  for (const silent of sameLife.slice(0, Math.max(0, sameLife.length - MAX_CONNECTIONS_PER_PEER + 1))) {
    silent.destroy(`${hello.letter} has called again`);
  }
}

function hostOf(from: string): string {
  const host = from.slice(0, from.lastIndexOf(':'));
  return networkOf(plainAddress(host.replace(/^\[|\]$/g, '')));
}
