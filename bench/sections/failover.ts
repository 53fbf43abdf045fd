import type { BenchContext } from '../bench-context.ts';
import { digits } from '../comparison-table.ts';
import { BLACKHOLED, FROZEN, KILLED, type Death } from '../failover/death.ts';
import { FAILOVER_LETTERS, FailoverMesh } from '../failover/failover-mesh.ts';
import { hasNamespaces, loopback, Namespaces, type Network } from '../failover/network.ts';
import { oneDeath, type DeathReport } from '../failover/one-death.ts';
import type { FigureName, SectionOutcome } from '../section-result.ts';
import { quantile, spread, type Spread } from '../statistics.ts';

const FIGURES: Readonly<Record<Death['name'], FigureName>> = {
  killed: 'killedP99Ms',
  frozen: 'frozenP99Ms',
  blackholed: 'blackholedP99Ms',
};

/** How long visitors of a lost owner wait for their fresh sessions. Usual timings; five nodes, which die in turn. */
export async function failover(context: BenchContext): Promise<SectionOutcome> {
  const local = await FailoverMesh.start('local', await loopback(FAILOVER_LETTERS.length), context);
  const reports = new Map<Death['name'], readonly DeathReport[]>();
  for (const death of [KILLED, FROZEN]) reports.set(death.name, await manyDeaths(local, death, context));
  const notes: string[] = [];
  if (hasNamespaces()) {
    const network: Network = new Namespaces(FAILOVER_LETTERS.length);
    const apart = await FailoverMesh.start('apart', network, context);
    reports.set(BLACKHOLED.name, await manyDeaths(apart, BLACKHOLED, context));
  } else {
    notes.push('Blackholed owners need network namespaces, which only root may make: not measured.');
  }

  const figures: Partial<Record<FigureName, Spread>> = {};
  for (const [name, deaths] of reports) figures[FIGURES[name]] = only(quantile(deaths.map(firstMs), 0.99));
  const waits = Array.from(reports.values()).flatMap((deaths) => deaths.map(({ longestWaitMs }) => longestWaitMs));
  figures.longestWaitMs = only(Math.max(...waits));
  return {
    figures,
    tables: [
      {
        title: 'failover: from the loss of an owner to the first regenerated answer',
        columns: [
          'owner',
          'tries',
          'p50 ms',
          'p90 ms',
          'p99 ms',
          'longest ms',
          'longest wait of a request ms',
          'refused',
        ],
        rows: Array.from(reports, ([name, deaths]) => row(name, deaths)),
        notes,
      },
    ],
  };
}

async function manyDeaths(mesh: FailoverMesh, death: Death, context: BenchContext): Promise<DeathReport[]> {
  const { say, signal, options } = context;
  const deaths: DeathReport[] = [];
  for (let at = 0; at < options.tries; at += 1) {
    signal.throwIfAborted();
    deaths.push(await oneDeath(mesh, death, at % FAILOVER_LETTERS.length));
    if ((at + 1) % 10 === 0) say(`${at + 1} of ${options.tries} ${death.name}`);
  }
  return deaths;
}

function row(name: string, deaths: readonly DeathReport[]): string[] {
  const first = deaths.map(firstMs);
  return [
    ...[name, String(deaths.length)],
    ...[0.5, 0.9, 0.99, 1].map((share) => digits(quantile(first, share))),
    digits(Math.max(...deaths.map(({ longestWaitMs }) => longestWaitMs))),
    String(deaths.reduce((sum, { refused }) => sum + refused, 0)),
  ];
}

function firstMs({ regeneratedMs }: DeathReport): number {
  return regeneratedMs;
}

function only(value: number): Spread {
  return spread([value]);
}
