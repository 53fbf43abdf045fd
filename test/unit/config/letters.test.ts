import { describe, expect, test } from 'vitest';
import { findOwnLetter } from '../../../src/config/letters.ts';
import { formatAddress, LetterMap, isLetter } from '../../../src/session/letter.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { faultsOf, load, problemsOf, THREE_NODES, withFile, type FakeMachine } from './fake-sources.ts';

const NODE = { letter: 'a', secretFile: '/etc/maglia/secret' };

async function mapOf(map: string): Promise<string[]> {
  const config = await load({ flags: { ...NODE, map } });
  return config.map.letters.map((letter) => `${letter} ${formatAddress(config.map.address(letter))}`);
}

function inFile(letters: unknown): Parameters<typeof load>[0] & object {
  return withFile(JSON.stringify({ letters }), { flags: NODE });
}

describe('the map of letters', () => {
  test('the short form may have spaces around everything, and the mesh port is 7421 where none is given', async () => {
    expect(await mapOf(' a => 192.168.0.1:7000 ,b=>web2 , c=>[::1] ')).toEqual([
      'a 192.168.0.1:7000',
      'b web2:7421',
      'c [::1]:7421',
    ]);
  });

  test('object, short form in the file, flag and variable make the same map', async () => {
    const letters = { a: '192.168.0.1', b: '192.168.0.2:7421', c: 'web3.internal', d: '[::1]:7421' };
    const arrows = 'a=>192.168.0.1,b=>192.168.0.2:7421,c=>web3.internal,d=>[::1]:7421';
    const short = arrows.replaceAll('=>', '=');
    const configs = await Promise.all([
      load(inFile(letters)),
      load(inFile(short)),
      load(inFile(arrows)),
      load({ flags: { ...NODE, map: arrows } }),
      load({ flags: { ...NODE, map: short } }),
      load({ flags: NODE, env: { MAGLIA_MAP: short } }),
    ]);
    expect(new Set(configs.map(({ map }) => map.digest)).size).toBe(1);
  });

  test('two spellings of one address make one digest', async () => {
    const [plain, odd] = await Promise.all([
      load({ flags: { ...NODE, map: 'a=>[::1],b=>web2' } }),
      load({ flags: { ...NODE, map: 'b=>WEB2:7421,a=>[0:0::1]:7421' } }),
    ]);
    expect(odd.map.digest).toBe(plain.map.digest);
  });

  test('the short form is written without a character that a shell takes for itself, and may have the arrow as well', async () => {
    const [problem] = await problemsOf({ flags: { ...NODE, map: 'nonsense' } });
    const expected = problem?.expected ?? '';
    expect(expected).toContain('letter=host');
    expect(expected).not.toMatch(/[<>|&;$]/);
    expect(await faultsOf({ flags: { ...NODE, map: 'a=b=10.0.0.1,c==10.0.0.2' } })).toEqual([
      '--map: malformed entry "a=b=10.0.0.1"',
      '--map: malformed entry "c==10.0.0.2"',
    ]);
  });

  test('a duplicate letter is refused by name', async () => {
    expect(await faultsOf({ flags: { ...NODE, map: 'a=>10.0.0.1,b=>10.0.0.2,a=>10.0.0.3' } })).toEqual([
      '--map a: duplicate letter a',
    ]);
    expect(await faultsOf({ flags: { ...NODE, map: 'a=>10.0.0.1,a=>10.0.0.1' } })).toEqual([
      '--map a: duplicate letter a',
    ]);
  });

  test('a duplicate letter in JSON, of which JSON.parse would keep the last, is refused by name', async () => {
    const text = '{"letters": {"a": "10.0.0.1", "b": "10.0.0.2", "a": "10.0.0.3"}}';
    expect(await faultsOf(withFile(text, { flags: NODE }))).toEqual(['letters.a: duplicate letter a']);
  });

  test('a duplicate address is refused by name, also where it is spelled in two ways', async () => {
    expect(await faultsOf({ flags: { ...NODE, map: 'a=>10.0.0.1,b=>10.0.0.1:7421' } })).toEqual([
      '--map b: duplicate address 10.0.0.1:7421, which letter a has too',
    ]);
    expect(await faultsOf(inFile({ a: '[::1]', b: '[0::1]:7421' }))).toEqual([
      'letters.b: duplicate address [::1]:7421, which letter a has too',
    ]);
  });

  test('one host with two ports is two nodes', async () => {
    expect(await mapOf('a=>10.0.0.1:1,b=>10.0.0.1:2')).toEqual(['a 10.0.0.1:1', 'b 10.0.0.1:2']);
  });

  test.each(['ab', 'é', '-', '', 'Ä', ' '])('%j is refused as no letter', async (letter) => {
    expect(await faultsOf(inFile({ a: '10.0.0.1', [letter]: '10.0.0.2' }))).toEqual([
      `letters.${letter}: ${JSON.stringify(letter)}, which is not a letter`,
    ]);
  });

  test('a map key that means something to JavaScript is only no letter', async () => {
    const text = '{"letters": {"a": "10.0.0.1", "__proto__": "10.0.0.2", "constructor": "10.0.0.3"}}';
    expect(await faultsOf(withFile(text, { flags: NODE }))).toEqual([
      'letters.__proto__: "__proto__", which is not a letter',
      'letters.constructor: "constructor", which is not a letter',
    ]);
  });

  test('an empty map is refused by name, in each form', async () => {
    expect(await faultsOf({ flags: { ...NODE, map: ' ' } })).toEqual(['--map: an empty map']);
    expect(await faultsOf({ flags: NODE, env: { MAGLIA_MAP: '' } })).toEqual(['MAGLIA_MAP: an empty map']);
    expect(await faultsOf(inFile({}))).toEqual(['letters: an empty map']);
  });

  test('no map at all is told with the ways to give one', async () => {
    const [problem] = await problemsOf({ flags: NODE });
    expect(problem).toMatchObject({ path: 'letters', found: 'no map' });
    expect(problem?.expected).toContain('--map, MAGLIA_MAP or "letters"');
  });

  test('every malformed entry is told at once', async () => {
    expect(await faultsOf({ flags: { ...NODE, map: 'a=>x:0,b,=>y,c=>,d=>e=>f,g=>0.0.0.0,' } })).toEqual([
      '--map: malformed entry "b"',
      '--map: malformed entry "d=>e=>f"',
      '--map: malformed entry ""',
      '--map a: malformed port "x:0"',
      '--map : "", which is not a letter',
      '--map c: malformed address ""',
      '--map g: malformed address "0.0.0.0", which means every interface',
    ]);
    expect(await faultsOf(inFile({ a: 7421, b: null, c: ['x'], d: '::1' }))).toEqual([
      'letters.a: malformed address 7421',
      'letters.b: malformed address null',
      'letters.c: malformed address a list',
      'letters.d: malformed address "::1"',
    ]);
  });

  test('a map that is no map is told once', async () => {
    expect(await faultsOf(inFile(['a']))).toEqual(['letters: a list']);
    expect(await faultsOf({ flags: { ...NODE, map: 'nonsense' } })).toEqual(['--map: malformed entry "nonsense"']);
  });

  test('all 62 letters fit, in the order of the alphabet', async () => {
    const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
    const map = letters
      .split('')
      .reverse()
      .map((letter, index) => `${letter}=>10.0.1.${index + 1}`);
    const config = await load({ flags: { ...THREE_NODES, map: map.join(',') } });
    expect(config.map.letters.join('')).toBe(letters);
  });
});

const MAP = 'a=>10.0.0.1,b=>web2.internal,c=>[2001:db8::3]';

function machine(more: FakeMachine): FakeMachine {
  return { ...more, flags: { map: MAP, secretFile: '/etc/maglia/secret', ...more.flags } };
}

async function letterOf(more: FakeMachine): Promise<string> {
  return (await load(machine(more))).letter;
}

describe('the own letter', () => {
  test('flag wins over variable, variable over file, and any of them over the addresses', async () => {
    const files = { '/c.json': { text: '{"letter": "c"}' } };
    const local = { localAddresses: ['10.0.0.1'], files };
    expect(await letterOf(local)).toBe('a');
    expect(await letterOf({ ...local, flags: { config: '/c.json' } })).toBe('c');
    expect(await letterOf({ ...local, flags: { config: '/c.json' }, env: { MAGLIA_LETTER: 'b' } })).toBe('b');
    expect(await letterOf({ ...local, flags: { config: '/c.json', letter: 'a' }, env: { MAGLIA_LETTER: 'b' } })).toBe(
      'a',
    );
  });

  test('it is found by an address of this machine, whatever its spelling', async () => {
    expect(await letterOf({ localAddresses: ['2001:DB8:0::3'] })).toBe('c');
  });

  test('it is found by any address of a host name', async () => {
    const names = { 'web2.internal': ['10.9.9.9', '10.0.0.2'] };
    expect(await letterOf({ localAddresses: ['10.0.0.2'], names })).toBe('b');
  });

  test('a name that means 127.0.1.1, as a Debian host calls itself, is this machine', async () => {
    expect(await letterOf({ localAddresses: ['127.0.0.1'], names: { 'web2.internal': ['127.0.1.1'] } })).toBe('b');
  });

  test('a name of another node that cannot be resolved does not matter', async () => {
    expect(await letterOf({ localAddresses: ['10.0.0.1'] })).toBe('a');
  });

  test('no match is refused by name, and the names that could not be resolved with it', async () => {
    const [problem, ...others] = await problemsOf(machine({ localAddresses: ['10.0.0.77'] }));
    expect(others).toEqual([]);
    expect(problem?.path).toBe('letter');
    expect(problem?.found).toMatch(/^no own letter: .*; not resolved: web2\.internal$/);
    expect(problem?.expected).toContain('--letter, MAGLIA_LETTER');
  });

  test('two letters that are both this machine are refused, and both named', async () => {
    const names = { 'web2.internal': ['10.0.0.1'] };
    expect(await faultsOf(machine({ localAddresses: ['10.0.0.1'], names }))).toEqual([
      'letter: more than one letter whose address is this machine: a (10.0.0.1:7421), b (web2.internal:7421)',
    ]);
    expect(await faultsOf({ flags: { map: 'x=>127.0.0.1:1,y=>127.0.0.1:2', meshPlain: true } })).toEqual([
      'letter: more than one letter whose address is this machine: x (127.0.0.1:1), y (127.0.0.1:2)',
    ]);
  });

  test('a given letter that is not in the map is refused, and the map named', async () => {
    expect(await problemsOf(machine({ flags: { letter: 'z' } }))).toEqual([
      { path: 'letter', found: 'letter z, which is not in the map', expected: 'one of a, b, c' },
    ]);
  });

  test('a given text that is no letter is told once', async () => {
    expect(await faultsOf(machine({ localAddresses: [], flags: { letter: 'ab' } }))).toEqual([
      '--letter: "ab", which is not a letter',
    ]);
    expect(await faultsOf(machine({ env: { MAGLIA_LETTER: '' } }))).toEqual([
      'MAGLIA_LETTER: "", which is not a letter',
    ]);
  });

  test('a name server that is silent is waited for two seconds, and no longer', async () => {
    const clock = new FakeClock();
    const letters = ['a', 'b'].filter(isLetter);
    const map = new LetterMap(new Map(letters.map((letter) => [letter, { host: `web-${letter}`, port: 7421 }])));
    const search = findOwnLetter(undefined, map, {
      clock,
      localAddresses: ['10.0.0.1'],
      resolveHost: (host) => (host === 'web-a' ? Promise.resolve(['10.0.0.1']) : new Promise(() => undefined)),
    });
    expect(clock.pending).toBe(1);
    clock.advance(1999);
    expect(clock.pending).toBe(1);
    await Promise.resolve();
    clock.advance(1);
    expect(await search).toEqual({ kind: 'found', letter: 'a' });
  });

  test('the wait for names ends with the last of them, and leaves no timer', async () => {
    const clock = new FakeClock();
    await load(machine({ clock, localAddresses: ['10.0.0.1'], names: { 'web2.internal': ['10.0.0.2'] } }));
    expect(clock.pending).toBe(0);
  });
});
