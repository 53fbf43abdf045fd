import { formatAddress, LetterMap, type MeshAddress } from '../session/letter-map.ts';
import { isLetter, type Letter } from '../session/letter.ts';
import { isUnspecified, parseHostPort } from './host-port.ts';
import { isObject, quote, showGiven, type Given, type Reading, type ValueType } from './value-type.ts';

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
