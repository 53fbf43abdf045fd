import type { Content, SessionCommand } from '../session/command.ts';
import type { Letter } from '../session/letter.ts';
import type { Reply } from '../session/reply.ts';
import type { Soon } from '../soon.ts';
import type { OpenReply, OpenRequest } from './open.ts';

export interface MintRequest {
  readonly content: Content;
  /** None or 0: the default life. */
  readonly ttlSeconds?: number;
}

/** All that a door sees of the mesh. It never throws or rejects for an outcome that was to be expected. */
export interface SessionsPort {
  /** Makes a session on this node. */
  mint(request: MintRequest): Soon<Reply>;
  /** The one call at the start of a web request. */
  open(request: OpenRequest): Soon<OpenReply>;
  dispatch(command: SessionCommand): Soon<Reply>;
  /** The letter of the node that answers for an id. */
  ownerOf(id: string): Letter;
  /** Gives back a lock that nobody uses any more, or that may have been granted though nobody has heard of it. */
  giveBack(id: string, token: string): void;
}
