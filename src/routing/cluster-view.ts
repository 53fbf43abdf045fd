import type { Clock } from '../clock.ts';
import type { HandshakeRefusal } from '../errors.ts';
import type { Members } from '../membership/members.ts';
import type { DatedRefusal, Refusals } from '../membership/refusals.ts';
import type { Tenure } from '../membership/tenure.ts';
import type { Link } from '../mesh/link.ts';
import { OUR_VERSIONS, spokenWith } from '../mesh/wire-version.ts';
import { formatAddress, type Letter, type LetterMap } from '../session/letter.ts';
import type { StoreDescription, Store } from '../store/store.ts';

/** The mesh as this node sees it: `GET /v1/cluster` and `maglia status`. */
export interface ClusterView {
  readonly letter: Letter;
  readonly incarnation: number;
  /** Whether this node answers for its letter, and if not, why not. */
  readonly tenure: { readonly state: 'joining' | 'serving' | 'leaving'; readonly why: string };
  readonly mapDigest: string;
  readonly software: string;
  /** The versions of the wire that this node speaks. A daemon of an older release does not say it. */
  readonly wire?: { readonly oldest: number; readonly newest: number };
  readonly store: StoreDescription;
  readonly peers: readonly PeerView[];
  /** Callers that this node refused and whose letter is not a peer's, or is our own. */
  readonly strangers: readonly RefusalView[];
}

export interface PeerView {
  readonly letter: Letter;
  /** `host:port` of its mesh port. */
  readonly address: string;
  readonly state: 'alive' | 'suspect' | 'dead' | 'left' | 'returning';
  readonly incarnation: number;
  readonly why: string;
  readonly sinceMs: number;
  readonly link: {
    readonly state: 'dialling' | 'up' | 'waiting' | 'refused' | 'closed';
    readonly why: string;
    /** The version of the wire that is spoken on it, where it is up. */
    readonly wire?: number;
  };
  /** The last time that we refused this peer's call, if we did since it last got in. */
  readonly refused?: RefusalView;
}

export interface RefusalView {
  readonly refusal: HandshakeRefusal;
  readonly explanation: string;
  readonly from: string;
  readonly agoMs: number;
}

export interface ViewParts {
  readonly letter: Letter;
  readonly map: LetterMap;
  readonly software: string;
  readonly tenure: Tenure;
  readonly members: Members;
  readonly refusals: Refusals;
  readonly links: (letter: Letter) => Pick<Link, 'state'>;
  readonly store: Pick<Store, 'describe'>;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** The mesh as this node sees it now. */
export function viewCluster(parts: ViewParts): ClusterView {
  const { letter, map, software, tenure, members, refusals, store, clock } = parts;
  return {
    letter,
    incarnation: tenure.incarnation,
    tenure: { state: tenure.phase, why: tenure.why },
    mapDigest: map.digest,
    software,
    wire: { oldest: OUR_VERSIONS.oldestWireVersion, newest: OUR_VERSIONS.wireVersion },
    store: store.describe(),
    peers: members.letters.map((peer) => viewPeer(peer, parts)),
    strangers: refusals.strangers.map((refusal) => viewRefusal(refusal, clock)),
  };
}

function viewPeer(letter: Letter, { map, members, links, refusals, clock }: ViewParts): PeerView {
  const { state, why, sinceMs } = members.view(letter);
  const link = links(letter).state;
  const refused = refusals.of(letter);
  return {
    letter,
    address: formatAddress(map.address(letter)),
    state: state.kind,
    incarnation: state.incarnation,
    why,
    sinceMs,
    link: {
      state: link.kind,
      why: link.kind === 'refused' ? `${link.refusal}: ${link.why}` : link.why,
      ...(link.kind === 'up' && { wire: spokenWith(link.hello) }),
    },
    ...(refused !== undefined && { refused: viewRefusal(refused, clock) }),
  };
}

function viewRefusal({ refusal, explanation, from, at }: DatedRefusal, clock: Pick<Clock, 'monotonic'>): RefusalView {
  return { refusal, explanation, from, agoMs: Math.round(clock.monotonic() - at) };
}
