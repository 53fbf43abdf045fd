import type { Logins } from '../kit/logins.ts';
import type { MemcachedCommand, SaslStart } from './protocol/command.ts';
import type { MemcachedReply } from './protocol/reply.ts';
import type { ReplyShape } from './protocol/reply-shape.ts';
import type { Credentials } from '../kit/credentials.ts';
import type { DoorCounts } from './door-counts.ts';
import type { Flush } from './flush.ts';
import { ItemDesk, type ItemDeskParts } from './item-desk.ts';
import { acceptsPlain, acceptsText, MECHANISMS } from './presented-login.ts';
import type { StatsReports } from './stats-reports.ts';

/** What every client of a door is served with. */
export interface DeskParts extends ItemDeskParts {
  readonly version: string;
  readonly reports: StatsReports;
  readonly credentials: Credentials;
  readonly logins: Pick<Logins, 'accepted' | 'guessedWrong'>;
  readonly flush: Flush;
  readonly counts: DoorCounts;
}

/**
 * `demanded`: before anything else, this client has to say who it is; `turned-away`: it could not, and is to be sent away
 * once it has been told.
 */
type Admission = 'open' | 'demanded' | 'turned-away';

const OK: MemcachedReply = { kind: 'ok' };
const AUTHENTICATED: MemcachedReply = { kind: 'authenticated' };
const AUTH_REQUIRED: MemcachedReply = { kind: 'auth-required' };
const AUTH_FAILED: MemcachedReply = { kind: 'auth-failed' };
const UNKNOWN_COMMAND: MemcachedReply = { kind: 'unknown-command' };

/** Has the commands of one client carried out. */
export class ClientDesk {
  readonly #parts: DeskParts;
  readonly #items: ItemDesk;
  readonly #address: string | undefined;
  #admission: Admission;

  /** @param address where the client calls from; none on a unix socket */
  constructor(parts: DeskParts, address?: string) {
    this.#address = address;
    this.#parts = parts;
    this.#items = new ItemDesk(parts);
    this.#admission = parts.credentials.isEmpty ? 'open' : 'demanded';
  }

  /** Whether this client has still to say who it is. */
  get isStranger(): boolean {
    return this.#admission !== 'open';
  }

  get isTurnedAway(): boolean {
    return this.#admission === 'turned-away';
  }

  /** Never rejects. */
  answer(command: MemcachedCommand, shape: ReplyShape): MemcachedReply | Promise<MemcachedReply> {
    if (this.#admission !== 'open') {
      const refusal = this.#admit(command, shape);
      if (refusal !== undefined) return refusal;
    }
    switch (command.kind) {
      case 'read':
      case 'store':
      case 'delete':
      case 'mark-stale':
      case 'arithmetic':
      case 'touch':
      case 'inspect':
        return this.#items.answer(command, shape);
      case 'oversized':
        return this.#items.answerOversized(command);
      // There is nothing that could be told more or less verbosely to a client.
      case 'verbosity':
      case 'noop':
      case 'quit':
        return OK;
      case 'version':
        return { kind: 'version', version: this.#parts.version };
      case 'stats':
        return this.#parts.reports.answer(command.argument);
      case 'flush-all':
        return this.#parts.flush.answer(command.exptime);
      case 'sasl-list':
        return this.#knowsSasl ? { kind: 'mechanisms', names: MECHANISMS } : UNKNOWN_COMMAND;
      case 'sasl-start':
        return this.#authenticate(command);
      case 'sasl-step':
        return this.#knowsSasl ? this.#turnAway() : UNKNOWN_COMMAND;
    }
  }

  /** The client is gone. */
  close(): void {
    this.#items.close();
  }

  get #knowsSasl(): boolean {
    return !this.#parts.credentials.isEmpty;
  }

  /** What a client is answered that has not said who it is; undefined where it may go on. */
  #admit(command: MemcachedCommand, shape: ReplyShape): MemcachedReply | Promise<MemcachedReply> | undefined {
    if (this.#admission === 'turned-away') return AUTH_REQUIRED;
    if (shape.protocol === 'binary') {
      const isAllowed = command.kind.startsWith('sasl-') || command.kind === 'version' || command.kind === 'quit';
      if (isAllowed) return undefined;
      this.#admission = 'turned-away';
      return AUTH_REQUIRED;
    }
    if (command.kind === 'quit') return undefined;
    // No password is as long as that.
    if (command.kind === 'oversized') return this.#turnAway();
    if (shape.protocol !== 'text' || command.kind !== 'store' || command.mode !== 'set') return AUTH_REQUIRED;
    return this.#judge(acceptsText(this.#parts.credentials, command.value));
  }

  #authenticate({ credentials, mechanism }: SaslStart): MemcachedReply | Promise<MemcachedReply> {
    if (!this.#knowsSasl) return UNKNOWN_COMMAND;
    return this.#judge(mechanism === MECHANISMS && acceptsPlain(this.#parts.credentials, credentials));
  }

  #judge(isAccepted: boolean): MemcachedReply | Promise<MemcachedReply> {
    const { counts } = this.#parts;
    counts.add('auth_cmds');
    if (!isAccepted) return this.#turnAway();
    this.#admission = 'open';
    this.#parts.logins.accepted();
    return AUTHENTICATED;
  }

  /** At once, so that nothing more is heard; told when it may be, so that guessing takes time. */
  #turnAway(): MemcachedReply | Promise<MemcachedReply> {
    this.#parts.counts.add('auth_errors');
    this.#admission = 'turned-away';
    return this.#parts.logins.guessedWrong(this.#address)?.then(() => AUTH_FAILED) ?? AUTH_FAILED;
  }
}
