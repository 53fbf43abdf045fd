import type { Link } from '../mesh/link.ts';
import type { Letter } from '../session/letter.ts';

/** What membership and routing need of a link. */
export type PeerLink = Pick<Link, 'ask' | 'request' | 'drop' | 'nudge' | 'state'>;

/** The link to each peer; every peer has one. */
export type PeerLinks = (letter: Letter) => PeerLink;
