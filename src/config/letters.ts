import { isIP } from 'node:net';
import type { ConfigProblem } from '../errors.ts';
import { formatAddress, LetterMap, isLetter, type MeshAddress, type Letter } from '../session/letter.ts';
import { isObject, quote, showGiven, type Given, type Reading, type ValueType } from './option-row.ts';
import { isUnspecified, parseHostPort, canonicalIp, isLoopback } from './socket-addresses.ts';
import type { ConfigSources } from './sources.ts';

/** Where a node's mesh port is when the map names only its host. */
export const DEFAULT_MESH_PORT = 7421;

interface Entry {
  readonly letter: string;
  readonly address: Given;
}

/** The map: in the file an object `{"a": "host:port"}`; the short form `a=host:port,b=host` there and elsewhere. */
export const letterMap: ValueType<LetterMap> = {
  placeholder: '<a=host[:port],…>',
  expected: 'a map such as {"a": "192.168.0.1", "b": "192.168.0.2:7421"}, or in short a=192.168.0.1,b=192.168.0.2:7421',
  read({ given, complain }) {
    const entries = readEntries(given, complain);
    if (entries === undefined) return undefined;
    if (entries.length === 0) {
      complain('an empty map', 'at least one letter and its address');
      return undefined;
    }
    const addresses = new Map<Letter, MeshAddress>();
    for (const entry of entries) takeEntry(entry, addresses, complain);
    return new LetterMap(addresses);
  },
};

function readEntries(given: Given, complain: Reading['complain']): readonly Entry[] | undefined {
  if (given.kind === 'text') return readShortForm(given.text, complain);
  const { value } = given;
  if (typeof value === 'string') return readShortForm(value, complain);
  if (isObject(value)) {
    return Object.entries(value).map(([letter, address]) => ({ letter, address: { kind: 'json', value: address } }));
  }
  complain(showGiven(given));
  return undefined;
}

/** A shell takes the > of an arrow for a redirection where nobody quotes it; the plain = is safe, and the arrow stays valid. */
const ARROW_FORM = /=>?/;

function readShortForm(text: string, complain: Reading['complain']): readonly Entry[] | undefined {
  if (text.trim() === '') return [];
  const entries: Entry[] = [];
  for (const entry of text.split(',')) {
    const sides = entry.split(ARROW_FORM).map((side) => side.trim());
    const [letter, address] = sides;
    if (sides.length === 2 && letter !== undefined && address !== undefined) {
      entries.push({ letter, address: { kind: 'text', text: address } });
    } else {
      complain(`malformed entry ${quote(entry.trim())}`, 'letter=host[:port], with commas between');
    }
  }
  // With nothing left, the malformed entries have been complained of; an empty map would be one complaint too many.
  return entries.length === 0 ? undefined : entries;
}

/** Takes the entry into `addresses`, or complains; after a complaint the map is not used, so what is taken then is moot. */
function takeEntry(entry: Entry, addresses: Map<Letter, MeshAddress>, complain: Reading['complain']): void {
  const { letter } = entry;
  if (!isLetter(letter)) {
    complain(`${quote(letter)}, which is not a letter`, 'one character of a-z, A-Z, 0-9', letter);
    return;
  }
  if (addresses.has(letter)) complain(`duplicate letter ${letter}`, 'each letter once', letter);
  const address = readAddress(entry, complain);
  if (address === undefined) return;
  const name = formatAddress(address);
  const twin = [...addresses].find(([other, taken]) => other !== letter && formatAddress(taken) === name);
  if (twin !== undefined) {
    complain(
      `duplicate address ${name}, which letter ${twin[0]} has too`,
      'an address of its own for each letter',
      letter,
    );
  }
  addresses.set(letter, address);
}

function readAddress(entry: Entry, complain: Reading['complain']): MeshAddress | undefined {
  const text = entry.address.kind === 'json' ? entry.address.value : entry.address.text;
  if (typeof text !== 'string') {
    complain(`malformed address ${showGiven(entry.address)}`, 'a text, host or host:port', entry.letter);
    return undefined;
  }
  const parsed = parseHostPort(text, DEFAULT_MESH_PORT);
  if (parsed.kind === 'malformed') {
    complain(parsed.found, parsed.expected, entry.letter);
    return undefined;
  }
  if (isUnspecified(parsed.address.host)) {
    complain(
      `malformed address ${quote(text)}, which means every interface`,
      'an address at which the other nodes reach this one; to listen on every interface, set mesh.listen',
      entry.letter,
    );
    return undefined;
  }
  return parsed.address;
}

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
