import { beforeEach, describe, expect, test } from 'vitest';
import { observeNode } from '../../../src/daemon/observe-node.ts';
import { StoreUnavailableError } from '../../../src/errors.ts';
import { Metrics } from '../../../src/metrics/metrics.ts';
import { RESET_REASONS } from '../../../src/session/record.ts';
import type { StoreFigures } from '../../../src/store/store.ts';
import { letter } from '../../support/mesh-messages.ts';

const b = letter('b');

let metrics: Metrics;
let figures: StoreFigures | undefined;
let orphans: number | undefined;
let ready: boolean;

beforeEach(() => {
  metrics = new Metrics();
  figures = { items: 36, bytes: 4711, limitBytes: 67_108_864, evictions: 0 };
  orphans = undefined;
  ready = true;
  observeNode({
    metrics,
    members: { letters: [b] },
    links: () => ({ inFlight: 3 }),
    livesFile: { memory: { kind: 'kept' } },
    estates: { get: () => (orphans === undefined ? undefined : { size: orphans }) },
    store: {
      figures: () =>
        figures === undefined ? Promise.reject(new StoreUnavailableError('it is away')) : Promise.resolve(figures),
    },
    isReady: () => ({ ready }),
  });
});

async function exposed(series: string): Promise<string | undefined> {
  const lines = (await metrics.expose()).split('\n');
  return lines.find((line) => line.startsWith(`${series} `))?.slice(series.length + 1);
}

describe('what /metrics tells of a node', () => {
  test('counts every reset reason from 0, so that the first reset is an increase', async () => {
    for (const reason of RESET_REASONS) {
      expect(await exposed(`maglia_session_resets_total{reason="${reason}"}`)).toBe('0');
    }
    metrics.count('resets', { reason: 'evicted' });
    expect(await exposed('maglia_session_resets_total{reason="evicted"}')).toBe('1');
    expect(await exposed('maglia_orphans_total{owner="b",outcome="kept"}')).toBe('0');
    expect(await exposed('maglia_client_connections_cut_total{door="memcached",reason="memory"}')).toBe('0');
  });

  test('has how full the store is', async () => {
    expect(await exposed('maglia_store_items')).toBe('36');
    expect(await exposed('maglia_store_bytes')).toBe('4711');
    expect(await exposed('maglia_store_limit_bytes')).toBe('67108864');
  });

  test('counts evictions from 0, and on where another Memcached begins anew', async () => {
    const evict = async (evictions: number): Promise<string | undefined> => {
      figures = { items: 36, bytes: 4711, limitBytes: 67_108_864, evictions };
      return exposed('maglia_store_evictions_total');
    };
    expect([await evict(0), await evict(5), await evict(5), await evict(2), await evict(3)]).toEqual([
      '0',
      '5',
      '5',
      '7',
      '8',
    ]);
  });

  test('says that it does not know what the store does not tell, and goes on', async () => {
    figures = undefined;
    expect(await exposed('maglia_store_items')).toBe('Nan');
    expect(await exposed('maglia_store_evictions_total')).toBe('0');
    expect(await exposed('maglia_ready')).toBe('1');
  });

  test('has whether it answers for its letter, and how many orphans it keeps account of', async () => {
    expect(await exposed('maglia_ledger_entries{owner="b"}')).toBe('0');
    ready = false;
    orphans = 17;
    expect(await exposed('maglia_ready')).toBe('0');
    expect(await exposed('maglia_ledger_entries{owner="b"}')).toBe('17');
    expect(await exposed('maglia_link_in_flight{peer="b"}')).toBe('3');
  });

  test("has no gauge that is called a total, which Prometheus's checker complains of", async () => {
    const gauges = (await metrics.expose()).match(/^# TYPE \S+_total gauge$/gm);
    expect(gauges).toBeNull();
  });
});
