import { beforeEach, describe, expect, test } from 'vitest';
import type { StatsReports } from '../../../../src/doors/memcached/stats-reports.ts';
import { DeskFixture } from './desk-fixture.ts';

let fixture: DeskFixture;
let reports: StatsReports;

beforeEach(() => {
  fixture = new DeskFixture();
  reports = fixture.parts.reports;
});

async function told(argument: string): Promise<Record<string, string>> {
  const reply = await reports.answer(argument);
  if (reply.kind !== 'stats') throw new TypeError(`stats ${argument} is ${reply.kind}`);
  return Object.fromEntries(reply.stats);
}

describe('stats', () => {
  test('tells what this door has counted', async () => {
    fixture.counts.add('cmd_set', 3);
    fixture.counts.add('rejected_connections');
    expect(await told('')).toMatchObject({ cmd_set: '3', rejected_connections: '1', curr_connections: '3' });
  });

  test("tells how full the store is, by the names that memcached's clients plot", async () => {
    expect(await told('')).toMatchObject({
      curr_items: '7',
      bytes: '700',
      limit_maxbytes: '67108864',
      evictions: '70',
    });
  });

  test('of a store that cannot be asked tells the rest', async () => {
    fixture.figures = () => Promise.reject(new Error('it is dead'));
    const stats = await told('');
    expect(stats).toMatchObject({ limit_maxbytes: '67108864', curr_connections: '3' });
    expect(stats).not.toHaveProperty('curr_items');
  });

  test.each([
    ['cachedump 1 100', { kind: 'stats', stats: [] }],
    ['cachedump 63 0', { kind: 'stats', stats: [] }],
    ['cachedump', { kind: 'client-error', text: 'bad command line' }],
    ['cachedump 1', { kind: 'client-error', text: 'bad command line' }],
    ['cachedump 64 1', { kind: 'client-error', text: 'Illegal slab id' }],
    ['cachedump a 1', { kind: 'client-error', text: 'bad command line format' }],
    ['detail on', { kind: 'ok' }],
    ['detail off', { kind: 'ok' }],
    ['detail dump', { kind: 'stats', stats: [] }],
    ['detail', { kind: 'client-error', text: 'usage: stats detail on|off|dump' }],
    ['detail maybe', { kind: 'client-error', text: 'usage: stats detail on|off|dump' }],
  ])('%s is answered as by a memcached that has no items', (argument, reply) => {
    expect(reports.answer(argument)).toEqual(reply);
  });

  test('settings tells what is configured', async () => {
    expect(await told('settings')).toEqual({
      ...{ maxbytes: '67108864', maxconns: '100', item_size_max: '1048576', idle_timeout: '0' },
      ...{ cas_enabled: 'yes', flush_enabled: 'no', auth_enabled_sasl: 'no' },
    });
  });

  test('maglia tells what the mesh looks like from here, and what the door did for it', async () => {
    fixture.counts.add('steered', 5);
    expect(await told('maglia')).toMatchObject({ letter: 'b', steered: '5', map_digest: 'd1', store: 'memory up' });
  });

  test('no name holds a space, no value a line end: a client takes them apart by those', async () => {
    for (const argument of ['', 'maglia', 'settings']) {
      for (const [name, value] of Object.entries(await told(argument))) {
        expect(name).toMatch(/^\S+$/);
        expect(value).toMatch(/^[^\r\n]+$/);
      }
    }
  });

  test('reset leaves the uptime alone', async () => {
    fixture.clock.advance(10_000);
    fixture.counts.add('cmd_set');
    expect(reports.answer('reset')).toEqual({ kind: 'stats-reset' });
    expect(await told('')).toMatchObject({ cmd_set: '0', uptime: '10' });
  });

  test('of a name that nobody knows are unknown, whatever an object has by that name', () => {
    for (const argument of ['noblah', 'constructor', 'maglia more']) {
      expect(reports.answer(argument)).toEqual({ kind: 'unknown-stats' });
    }
  });
});
