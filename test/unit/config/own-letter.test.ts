import { describe, expect, test } from 'vitest';
import { findOwnLetter } from '../../../src/config/own-letter.ts';
import { LetterMap } from '../../../src/session/letter-map.ts';
import { isLetter } from '../../../src/session/letter.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { faultsOf, load, problemsOf, type FakeMachine } from './fake-sources.ts';

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
