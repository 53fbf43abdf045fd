import { isIP } from 'node:net';
import type { ConfigProblem } from '../errors.ts';
import { formatAddress, type LetterMap } from '../session/letter-map.ts';
import type { Letter } from '../session/letter.ts';
import { canonicalIp, isLoopback } from './host-port.ts';
import type { ConfigSources } from './sources.ts';

export type OwnLetter =
  { readonly kind: 'found'; readonly letter: Letter } | { readonly kind: 'unclear'; readonly problem: ConfigProblem };

type Neighbourhood = Pick<ConfigSources, 'localAddresses' | 'resolveHost' | 'clock'>;

/** For all names of the map together. Cost: where the name server is silent, a start takes this much longer. */
const RESOLVE_MS = 2000;

const HOW_TO_SAY = 'the letter of this node, by --letter, MAGLIA_LETTER or "letter" in the file';

/** The given letter if there is one; else the one letter of the map whose host is this machine. */
export async function findOwnLetter(
  given: Letter | undefined,
  map: LetterMap,
  neighbourhood: Neighbourhood,
): Promise<OwnLetter> {
  if (given === undefined) return matchAddresses(map, neighbourhood);
  if (map.has(given)) return { kind: 'found', letter: given };
  return unclear(`letter ${given}, which is not in the map`, `one of ${map.letters.join(', ')}`);
}

async function matchAddresses(map: LetterMap, neighbourhood: Neighbourhood): Promise<OwnLetter> {
  const { local, unresolved } = await findLocalHosts(map, neighbourhood);
  const matches = map.letters.filter((letter) => local.has(map.address(letter).host));
  const [match] = matches;
  if (match === undefined) {
    const names = unresolved.size === 0 ? '' : `; not resolved: ${[...unresolved].join(', ')}`;
    return unclear(`no own letter: none given, and no address of the map is one of this machine${names}`, HOW_TO_SAY);
  }
  if (matches.length === 1) return { kind: 'found', letter: match };
  const named = matches.map((letter) => `${letter} (${formatAddress(map.address(letter))})`);
  return unclear(`more than one letter whose address is this machine: ${named.join(', ')}`, HOW_TO_SAY);
}

function unclear(found: string, expected: string): OwnLetter {
  return { kind: 'unclear', problem: { path: 'letter', found, expected } };
}

interface HostsSorted {
  readonly local: ReadonlySet<string>;
  readonly unresolved: ReadonlySet<string>;
}

async function findLocalHosts(map: LetterMap, neighbourhood: Neighbourhood): Promise<HostsSorted> {
  const own = new Set(neighbourhood.localAddresses.map(canonicalIp));
  // All of 127.0.0.0/8, not only what the interfaces list: Debian gives a host's own name 127.0.1.1.
  const isLocal = (host: string) => isLoopback(host) || own.has(canonicalIp(host));
  const hosts = new Set(map.letters.map((letter) => map.address(letter).host));
  const local = new Set([...hosts].filter(isLocal));
  const names = [...hosts].filter((host) => !local.has(host) && isIP(host) === 0);
  const resolved = await resolveNames(names, neighbourhood);
  for (const [name, addresses] of resolved) if (addresses.some(isLocal)) local.add(name);
  return { local, unresolved: new Set(names.filter((name) => !resolved.has(name))) };
}

/** The addresses of each name that can be resolved in time. */
async function resolveNames(
  names: readonly string[],
  { resolveHost, clock }: Neighbourhood,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const resolved = new Map<string, readonly string[]>();
  const all = Promise.all(
    names.map(async (name) => {
      try {
        resolved.set(name, await resolveHost(name));
      } catch {
        // A name of another node that this machine cannot resolve is no reason not to start: it does not match.
      }
    }),
  );
  let giveUp: () => void = () => undefined;
  const late = new Promise<void>((resolve) => (giveUp = resolve));
  const timer = clock.after(RESOLVE_MS, () => giveUp());
  await Promise.race([all, late]);
  timer.cancel();
  // A copy: an answer that is late changes nothing any more.
  return new Map(resolved);
}
