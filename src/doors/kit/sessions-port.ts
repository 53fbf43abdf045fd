import type { SessionCommand } from '../../session/command.ts';
import type { Letter } from '../../session/letter.ts';
import type { Reply } from '../../session/reply.ts';
import type { Soon } from '../../soon.ts';

/** What the memcached door needs of the router. It never rejects for an outcome that was to be expected. */
export interface SessionsPort {
  dispatch(command: SessionCommand): Soon<Reply>;
  /** The letter of the node that answers for an id. */
  ownerOf(id: string): Letter;
}
