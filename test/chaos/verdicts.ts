import { isLetter, type Letter } from '../../src/session/letter.ts';
import type { LogLine } from './host.ts';
import type { Hosts } from './hosts.ts';
import { overlaps, type Trouble } from './troubles.ts';

/** One host took another for dead, as its log says. Times as in the record. */
export interface Verdict {
  readonly by: Letter;
  readonly of: Letter;
  readonly at: number;
  /** When it knew better; Infinity where it never did. */
  readonly until: number;
}

/** Silence comes before the verdict. */
const SILENCE_MS = 2000;
/** After it knows better, the accused has yet to hear what was done on its behalf. */
const SETTLING_MS = 3000;

/** Every verdict since then that the hosts' logs tell of. Before, while they come up one by one, verdicts are in order. */
export async function readVerdicts(hosts: Hosts, since: number): Promise<Verdict[]> {
  const logs = await Promise.all(hosts.all.map(async (host) => verdictsIn(host.letter, await host.log())));
  return logs.flat().filter(({ at }) => at >= since);
}

export function verdictsIn(by: Letter, log: readonly LogLine[]): Verdict[] {
  const verdicts: Verdict[] = [];
  const open = new Map<Letter, number>();
  const clockAhead = Date.now() - performance.now();
  for (const { peer, to, time } of log.flatMap(readChange)) {
    const at = time - clockAhead;
    const since = open.get(peer);
    if (to === 'dead') open.set(peer, since ?? at);
    else if (since !== undefined) {
      open.delete(peer);
      verdicts.push({ by, of: peer, at: since, until: at });
    }
  }
  return [...verdicts, ...[...open].map(([of, at]) => ({ by, of, at, until: Infinity }))];
}

/**
 * The verdicts that nothing which was done accounts for: the machine was too busy to let a host answer, or to start its next
 * daemon before its peers' patience ended. To the mesh that is a split, the accuser on one side. The judge has to know of
 * it; and such a run proves nothing.
 */
export function overloads(verdicts: readonly Verdict[], troubles: readonly Trouble[]): Trouble[] {
  return verdicts
    .filter(({ of, at }) =>
      troubles.every(
        (trouble) => !overlaps(trouble, { from: at, to: at }) || !(trouble.isSplit || trouble.hurts.includes(of)),
      ),
    )
    .map(({ by, of, at, until }) => ({
      ...{ kind: 'overload', victim: by, struck: [by], hurts: [of], isSplit: true, bites: [] },
      ...{ from: at - SILENCE_MS, doneAt: at, undoneAt: until, to: until + SETTLING_MS },
    }));
}

function readChange({ text, time }: LogLine): { peer: Letter; to: string; time: number }[] {
  if (!text.includes('"peer"') || !text.includes('"to"')) return [];
  const { peer, to } = JSON.parse(text) as { peer?: string; to?: string };
  if (peer === undefined || to === undefined || !isLetter(peer)) return [];
  return [{ peer, to, time }];
}
