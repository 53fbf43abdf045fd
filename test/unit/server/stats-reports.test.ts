import { beforeEach, describe, expect, test } from 'vitest';
import type { StatsReports } from '../../../src/server/stats-reports.ts';
import { DeskFixture } from './desk-fixture.ts';

let fixture: DeskFixture;
let reports: StatsReports;

beforeEach(() => {
  fixture = new DeskFixture();
  reports = fixture.parts.reports;
});

function told(argument: string): Record<string, string> {
  const reply = reports.answer(argument);
  if (reply.kind !== 'stats') throw new TypeError(`stats ${argument} is ${reply.kind}`);
  return Object.fromEntries(reply.stats);
}

describe('stats', () => {
  test('tells what this door has counted', () => {
    fixture.counts.add('cmd_set', 3);
    fixture.counts.add('rejected_connections');
    expect(told('')).toMatchObject({ cmd_set: '3', rejected_connections: '1', curr_connections: '3' });
  });

  test('settings tells what is configured', () => {
    expect(told('settings')).toEqual({
      ...{ maxbytes: '67108864', maxconns: '100', item_size_max: '1048576', idle_timeout: '0' },
      ...{ cas_enabled: 'yes', flush_enabled: 'no', auth_enabled_sasl: 'no' },
    });
  });

  test('maglia tells what the mesh looks like from here, and what the door did for it', () => {
    fixture.counts.add('steered', 5);
    expect(told('maglia')).toMatchObject({ letter: 'b', steered: '5', map_digest: 'd1', store: 'memory up' });
  });

  test('no name holds a space, no value a line end: a client takes them apart by those', () => {
    for (const argument of ['', 'maglia', 'settings']) {
      for (const [name, value] of Object.entries(told(argument))) {
        expect(name).toMatch(/^\S+$/);
        expect(value).toMatch(/^[^\r\n]+$/);
      }
    }
  });

  test('reset leaves the uptime alone', () => {
    fixture.clock.advance(10_000);
    fixture.counts.add('cmd_set');
    expect(reports.answer('reset')).toEqual({ kind: 'stats-reset' });
    expect(told('')).toMatchObject({ cmd_set: '0', uptime: '10' });
  });

  test('of a name that nobody knows are unknown, whatever an object has by that name', () => {
    for (const argument of ['noblah', 'constructor', 'maglia more']) {
      expect(reports.answer(argument)).toEqual({ kind: 'unknown-stats' });
    }
  });
});
