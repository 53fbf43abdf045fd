import { until } from '../support/until.ts';
import { isSeen, type Bite, type Sightings } from './bites.ts';
import { FAULTS, hurtBy, struckBy, type Fault } from './faults.ts';
import type { Hosts } from './hosts.ts';
import type { Trouble } from './troubles.ts';

const LOOK_MS = 20;

/** Lets one fault befall the hosts, undoes it, and waits until all is well again. Watches meanwhile whether it bit. */
export async function inflict(hosts: Hosts, fault: Fault): Promise<Trouble> {
  const { kind, victim, holdMs } = fault;
  const { inject, heal, isAbsence, isSplit, bite } = FAULTS[kind];
  const struck = struckBy(fault);
  const host = hosts.host(victim);
  const before = await hosts.look();
  const seenAt = new Map<Bite, number>();
  const isOver = { value: false };
  const from = performance.now();
  const watching = watch();

  try {
    await inject(host, hosts);
    const injectedAt = performance.now();
    await rest(holdMs);
    const undoneAt = performance.now();
    const deadAt = seenAt.get('taken for dead');
    await heal?.(host, hosts);
    // A new daemon, for one, may take a while. That it never comes is told by whoever judges the run.
    await until(`${kind} of ${victim} bites`, () => seenAt.has(bite)).catch(() => undefined);
    await hosts.becomeWell();
    const absence = isAbsence && deadAt !== undefined ? { from: deadAt, to: undoneAt } : undefined;
    return {
      ...{ kind, victim, struck, from, doneAt: injectedAt, undoneAt, to: performance.now() },
      ...{ hurts: hurtBy(fault), isSplit, bites: [...seenAt.keys()] },
      ...(absence !== undefined && { absence }),
    };
  } finally {
    isOver.value = true;
    await watching;
  }

  /** Looks for what everybody knows of a death, and for what the fault is to be known by. */
  async function watch(): Promise<void> {
    while (!isOver.value) {
      const now: Sightings = await hosts.look();
      for (const one of ['taken for dead', bite] as const) {
        if (!seenAt.has(one) && isSeen(one, { before, now, struck })) seenAt.set(one, performance.now());
      }
      await rest(LOOK_MS);
    }
  }
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
