import type { Letter } from '../../src/session/letter.ts';
import type { LogLine } from './host.ts';
import type { Hosts } from './hosts.ts';
import { isKnownSplit } from './sides.ts';
import { overlaps, type Trouble } from './troubles.ts';

/** A host that came back, and dropped all that it had, as its log says: what was done on its behalf could not be found out. */
export interface Drop {
  readonly of: Letter;
  /** As in the record. */
  readonly at: number;
  readonly why: string;
}

const SAYS = 'dropping all sessions of the former life';

export async function readDrops(hosts: Hosts): Promise<Drop[]> {
  return (await Promise.all(hosts.all.map(async (host) => dropsIn(host.letter, await host.log())))).flat();
}

export function dropsIn(of: Letter, log: readonly LogLine[]): Drop[] {
  const clockAhead = Date.now() - performance.now();
  return log
    .filter(({ text }) => text.includes(SAYS))
    .map(({ text, time }) => ({ of, at: time - clockAhead, why: (JSON.parse(text) as { why: string }).why }));
}

/** The splits in which a host dropped all it had. Few may be: the rest is to stay. */
export function splitsWithDrops(troubles: readonly Trouble[], drops: readonly Drop[]): Trouble[] {
  return troubles.filter(
    (trouble) => isKnownSplit(trouble) && drops.some(({ at }) => overlaps(trouble, { from: at, to: at })),
  );
}

/** What a person should know of it. */
export function describeDrops(troubles: readonly Trouble[], drops: readonly Drop[]): string {
  const splits = troubles.filter(isKnownSplit).length;
  const whys = [...new Set(drops.map(({ why }) => why))].join('; ');
  const after = `in ${splitsWithDrops(troubles, drops).length} of ${splits} splits`;
  return `hosts dropped all that they had ${drops.length} times, ${after}${whys === '' ? '' : `: ${whys}`}`;
}
