import { describe, expect, test } from 'vitest';
import { INSTRUMENTS, type Instrument } from '../../../src/metrics/instruments.ts';
import { Metrics, Expositions } from '../../../src/metrics/metrics.ts';

const TABLE: [string, Instrument][] = Object.entries(INSTRUMENTS);

describe('the table of instruments', () => {
  test.each(TABLE)('%s has a name of its own, of the form that Prometheus asks for', (_key, { kind, name }) => {
    expect(name).toMatch(/^maglia_[a-z]+(_[a-z]+)*$/);
    expect(name.endsWith('_total')).toBe(kind === 'counter');
    expect(name.endsWith('_seconds')).toBe(kind === 'histogram');
    expect(TABLE.filter(([, other]) => other.name === name)).toHaveLength(1);
  });

  test.each(TABLE)('%s is explained, and so is each of its labels', (_key, { help, labels }) => {
    expect(help).toMatch(/^[A-Z0-9].{15,}[^.]$/);
    for (const label of labels) expect(label).toMatch(/^[a-z]+$/);
  });

  test.each(TABLE.filter(([, { kind }]) => kind === 'histogram'))('%s has rising buckets', (_key, { buckets }) => {
    expect(buckets?.length).toBeGreaterThan(4);
    expect([...(buckets ?? [])].sort((a, b) => a - b)).toEqual(buckets);
    expect(new Set(buckets).size).toBe(buckets?.length);
  });
});

describe('Metrics', () => {
  test('exposes every instrument of the table with its help and kind, used or not', async () => {
    const text = await new Metrics().expose();
    for (const [, { kind, name, help }] of TABLE) {
      expect(text).toContain(`# HELP ${name} ${help}\n`);
      expect(text).toContain(`# TYPE ${name} ${kind}\n`);
    }
  });

  test('exposes what the process itself uses', async () => {
    const text = await new Metrics().expose();
    expect(text).toContain('process_resident_memory_bytes');
    expect(text).toContain('nodejs_eventloop_lag_seconds');
  });

  test('counts by one, or by as much as is said, for each set of labels apart', async () => {
    const metrics = new Metrics();
    metrics.count('resets', { reason: 'expired' });
    metrics.count('resets', { reason: 'expired' }, 4);
    metrics.count('resets', { reason: 'evicted' });
    metrics.count('minted', {});
    const text = await metrics.expose();
    expect(text).toContain('maglia_session_resets_total{reason="expired"} 5\n');
    expect(text).toContain('maglia_session_resets_total{reason="evicted"} 1\n');
    expect(text).toContain('maglia_sessions_minted_total 1\n');
  });

  test('sets a gauge to its latest value', async () => {
    const metrics = new Metrics();
    metrics.set('inFlight', { peer: 'b' }, 3);
    metrics.set('inFlight', { peer: 'b' }, 1);
    expect(await metrics.expose()).toContain('maglia_link_in_flight{peer="b"} 1\n');
  });

  test('puts a time into every bucket that is not below it', async () => {
    const metrics = new Metrics();
    metrics.observe('storeSeconds', { operation: 'get', outcome: 'done' }, 0.003);
    const text = await metrics.expose();
    const labels = 'operation="get",outcome="done"';
    expect(text).toContain(`maglia_store_seconds_bucket{le="0.0025",${labels}} 0\n`);
    expect(text).toContain(`maglia_store_seconds_bucket{le="0.005",${labels}} 1\n`);
    expect(text).toContain(`maglia_store_seconds_bucket{le="+Inf",${labels}} 1\n`);
    expect(text).toContain(`maglia_store_seconds_sum{${labels}} 0.003\n`);
  });

  test('is not shared: two daemons in one process count apart', async () => {
    const [first, second] = [new Metrics(), new Metrics()];
    first.count('storeLosses', {});
    expect(await first.expose()).toContain('maglia_store_losses_total 1\n');
    expect(await second.expose()).toContain('maglia_store_losses_total 0\n');
  });

  test('escapes label values, whatever they are', async () => {
    const metrics = new Metrics();
    metrics.count('resets', { reason: 'a"b\\c\nd' });
    expect(await metrics.expose()).toContain('maglia_session_resets_total{reason="a\\"b\\\\c\\nd"} 1\n');
  });

  test('names the text format of Prometheus as its type', () => {
    expect(new Metrics().contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  });

  test('takes only the labels and kinds of the table', () => {
    const metrics = new Metrics();
    // @ts-expect-error: a label too few
    expect(() => metrics.count('requests', { door: 'http', command: 'get' })).not.toThrow();
    // @ts-expect-error: a counter is not a gauge
    expect(() => metrics.set('resets', { reason: 'expired' }, 1)).not.toThrow();
  });
});

interface Making {
  readonly text: string;
  readonly finish: () => void;
  readonly fail: (error: Error) => void;
}

function expositions(): { made: Making[]; expositions: Expositions } {
  const made: Making[] = [];
  const make = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const text = `text ${made.length + 1}`;
      made.push({ text, finish: () => resolve(text), fail: reject });
    });
  return { made, expositions: new Expositions(make) };
}

/** Two turns of the event loop, and what follows from them at once. */
async function turn(): Promise<void> {
  for (let step = 0; step < 2; step += 1) await new Promise((resolve) => setImmediate(resolve));
}

test('S6: a hundred that ask at once cost two texts: the one that is being made, and one for all others', async () => {
  const { expositions: all, made } = expositions();
  const asked = Array.from({ length: 100 }, () => all.take());
  expect(made).toHaveLength(1);
  made[0]?.finish();
  await turn();
  expect(made).toHaveLength(2);
  made[1]?.finish();
  expect(await Promise.all(asked)).toEqual(['text 1', ...Array.from({ length: 99 }, () => 'text 2')]);
});

test('each text begins in a turn of its own, after those who asked for it', async () => {
  const { expositions: all, made } = expositions();
  const first = all.take();
  const second = all.take();
  made[0]?.finish();
  await first;
  expect(made).toHaveLength(1);
  await turn();
  const third = all.take();
  made[1]?.finish();
  expect(await second).toBe('text 2');
  await turn();
  made[2]?.finish();
  expect(await third).toBe('text 3');
  const fourth = all.take();
  expect(made).toHaveLength(4);
  made[3]?.finish();
  await fourth;
});

test('a text that cannot be made fails for those who asked for it, not for those after them', async () => {
  const { expositions: all, made } = expositions();
  const first = all.take();
  const second = all.take();
  made[0]?.fail(new RangeError('no figures'));
  await expect(first).rejects.toThrow('no figures');
  await turn();
  made[1]?.finish();
  expect(await second).toBe('text 2');
});
