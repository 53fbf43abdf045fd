import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchContext } from '../bench-context.ts';
import { digits } from '../comparison-table.ts';
import { forwarded, ownLetter, startBenchMesh } from '../contenders/door-contenders.ts';
import { sessionLoad } from '../load/session-load.ts';
import { startLoadGenerator } from '../load/start-load-generator.ts';
import { residentKilobytes } from '../resident.ts';
import type { SectionOutcome } from '../section-result.ts';
import { median } from '../statistics.ts';

const RATE = 1000;
const SAMPLE_MS = 5000;

/** What comes in at the beginning and at the end is compared, a tenth of the time each. */
const SHARE = 0.1;

/** A daemon under steady load for half an hour, of its own sessions and of another's: its memory must stay flat. */
export async function soak(context: BenchContext): Promise<SectionOutcome> {
  const { options, say, signal } = context;
  const mesh = await startBenchMesh(['a', 'b'], {}, context);
  const contenders = [await ownLetter(mesh, 'own letter'), await forwarded(mesh, 'forwarded')];
  const seconds = options.soakMinutes * 60;
  const shape = { protocol: 'text', connections: 50, pipeline: 1, rate: RATE, seconds } as const;
  const loads = Promise.all(
    contenders.map((contender) =>
      startLoadGenerator(context).run(`soak, ${contender.name}`, sessionLoad(contender, shape)),
    ),
  );
  const watched = [
    ...mesh.nodes.map(({ letter, pid }) => ({ name: `daemon ${letter}`, pid })),
    ...(await Promise.all(
      mesh.nodes.map(async (node) => ({ name: `Memcached ${node.letter}`, pid: await node.storePid() })),
    )),
  ].map((process) => ({ ...process, megabytes: [] as number[] }));

  // The load ends after the last sample, and a failure of it is heard of there.
  const samples = Math.floor((seconds * 1000) / SAMPLE_MS);
  loads.catch(() => undefined);
  for (let sample = 1; sample <= samples; sample += 1) {
    await sleep(SAMPLE_MS, undefined, { signal });
    for (const { pid, megabytes } of watched) megabytes.push(residentKilobytes(pid) / 1024);
    if (sample % 12 === 0)
      say(watched.map(({ name, megabytes }) => `${name} ${digits(megabytes.at(-1) ?? 0)} MB`).join(', '));
  }
  const measures = await loads;
  return {
    tables: [
      {
        title: `soak: ${options.soakMinutes} minutes of ${RATE} own and ${RATE} forwarded requests a second`,
        columns: ['process', 'MB at first', 'in the middle', 'at last', 'most'],
        rows: watched.map(({ name, megabytes }) => {
          const tenth = Math.max(1, Math.floor(megabytes.length * SHARE));
          const middle = Math.floor((megabytes.length - tenth) / 2);
          return [
            name,
            ...[0, middle, megabytes.length - tenth].map((from) => digits(median(megabytes.slice(from, from + tenth)))),
            digits(Math.max(...megabytes)),
          ];
        }),
        notes: [
          measures
            .map(({ operations, latencyMs }, at) => {
              const name = contenders[at]?.name ?? '';
              return `${name}: ${operations} requests, p99.9 ${digits(latencyMs?.p999 ?? Number.NaN)} ms`;
            })
            .join('; '),
        ],
      },
    ],
  };
}
