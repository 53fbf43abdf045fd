import type { MintRequest, SessionsPort } from '../../../../src/routing/sessions-port.ts';
import type { OpenReply, OpenRequest } from '../../../../src/routing/open.ts';
import type { SessionCommand } from '../../../../src/session/command.ts';
import type { Letter } from '../../../../src/session/letter.ts';
import type { Reply } from '../../../../src/session/reply.ts';
import type { Soon } from '../../../../src/soon.ts';

export type Call =
  | { readonly kind: 'mint'; readonly request: MintRequest }
  | { readonly kind: 'open'; readonly request: OpenRequest }
  | { readonly kind: 'dispatch'; readonly command: SessionCommand };

/** Answers every call with what the test put down, and keeps what it was asked. */
export class ScriptedSessions implements SessionsPort {
  readonly calls: Call[] = [];
  /** Called whenever a call came in. */
  onCall: () => void = () => undefined;
  /** For `mint` and `dispatch`; an error is what they reject with. */
  reply: Reply | Promise<Reply> | Error = { kind: 'miss', reason: 'unknown' };
  opened: OpenReply | Promise<OpenReply> = { kind: 'unavailable', code: 'JOINING' };
  /** Whether what is not a promise is answered as it is, and an error thrown. */
  answersAtOnce = false;

  mint(request: MintRequest): Soon<Reply> {
    this.#note({ kind: 'mint', request });
    return this.#settled();
  }

  open(request: OpenRequest): Soon<OpenReply> {
    this.#note({ kind: 'open', request });
    return this.answersAtOnce ? this.opened : Promise.resolve(this.opened);
  }

  dispatch(command: SessionCommand): Soon<Reply> {
    this.#note({ kind: 'dispatch', command });
    return this.#settled();
  }

  giveBack(): void {
    throw new RangeError('this door holds no locks of its own');
  }

  #note(call: Call): void {
    this.calls.push(call);
    this.onCall();
  }

  #settled(): Soon<Reply> {
    if (this.answersAtOnce) {
      if (this.reply instanceof Error) throw this.reply;
      return this.reply;
    }
    return this.reply instanceof Error ? Promise.reject(this.reply) : Promise.resolve(this.reply);
  }

  ownerOf(id: string): Letter {
    return id.slice(0, 1) as Letter;
  }
}
