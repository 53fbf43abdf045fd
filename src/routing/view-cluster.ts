import type { Clock } from '../clock.ts';
import type { Link } from '../mesh/link.ts';
import { OUR_VERSIONS, spokenWith } from '../mesh/wire-version.ts';
import type { Members } from '../membership/members.ts';
import type { DatedRefusal, Refusals } from '../membership/refusals.ts';
import type { Tenure } from '../membership/tenure.ts';
import type { Letter } from '../session/letter.ts';
import { formatAddress, type LetterMap } from '../session/letter-map.ts';
import type { Store } from '../store/store.ts';
import type { ClusterView, PeerView, RefusalView } from './cluster-view.ts';

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
