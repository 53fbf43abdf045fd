import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hosts } from './hosts.ts';
import type { Record } from './record.ts';
import type { Trouble } from './troubles.ts';

/** Writes down what a person needs who asks why a run went as it did; the containers and their logs go with the run. */
export async function keepEvidence(hosts: Hosts, { deeds }: Record, troubles: readonly Trouble[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'maglia-chaos-'));
  const clockAhead = Date.now() - performance.now();
  await writeFile(join(folder, 'deeds.jsonl'), deeds.map((deed) => `${JSON.stringify(deed)}\n`).join(''));
  // What the logs' times are ahead of the record's.
  await writeFile(join(folder, 'troubles.json'), JSON.stringify({ clockAhead, troubles }, undefined, 2));
  for (const host of hosts.all) {
    await writeFile(join(folder, `${host.letter}.log`), (await host.log()).map(({ text }) => `${text}\n`).join(''));
  }
  return folder;
}
