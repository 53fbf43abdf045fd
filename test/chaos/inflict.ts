import type { Letter } from '../../src/session/letter.ts';
import { until } from '../support/until.ts';
import { FAULTS, hurtBy, type Bite, type Fault } from './faults.ts';
import type { Host, Hosts } from './hosts.ts';
import type { Trouble } from './troubles.ts';

/** Lets one fault befall the hosts, undoes it, and waits until all is well again. Watches meanwhile whether it bit. */
export async function inflict(hosts: Hosts, fault: Fault): Promise<Trouble> {
  const { kind, victim, holdMs } = fault;
  const { inject, heal, isAbsence, isSplit } = FAULTS[kind];
  const host = hosts.host(victim);
  const others = hosts.all.filter(({ letter }) => letter !== victim);
  const before = await host.view();
  const bites = new Set<Bite>();
  const from = performance.now();

  await inject(host);
  const injectedAt = performance.now();
  const deadAt = await seeDeath(others, victim, injectedAt + holdMs);
  if (deadAt !== undefined) bites.add('taken for dead');
  await rest(injectedAt + holdMs - performance.now());
  const undoneAt = performance.now();
  await heal?.(host);
  if (FAULTS[kind].bite === 'new daemon' || FAULTS[kind].bite === 'new store') {
    await until(`${FAULTS[kind].bite} on host ${victim}`, async () => {
      const now = await host.view();
      if (now !== undefined && now.incarnation !== before?.incarnation) bites.add('new daemon');
      if (now?.store.pid !== undefined && now.store.pid !== before?.store.pid) bites.add('new store');
      return bites.has(FAULTS[kind].bite);
    }).catch(() => undefined);
  }
  await hosts.becomeWell();
  const absence = isAbsence && deadAt !== undefined ? { from: deadAt, to: undoneAt } : undefined;
  return {
    ...{
      kind,
      victim,
      from,
      doneAt: injectedAt,
      undoneAt,
      to: performance.now(),
      hurts: hurtBy(fault),
      isSplit,
      bites: [...bites],
    },
    ...(absence !== undefined && { absence }),
  };
}

/** When every other host took it for dead; undefined where that did not come in time. */
async function seeDeath(others: readonly Host[], victim: Letter, givesUpAt: number): Promise<number | undefined> {
  const seesDeath = async (host: Host): Promise<boolean> => {
    const state = (await host.view())?.peers.find(({ letter }) => letter === victim)?.state;
    return state === 'dead' || state === 'left';
  };
  while (performance.now() < givesUpAt) {
    if ((await Promise.all(others.map(seesDeath))).every(Boolean)) return performance.now();
    await rest(20);
  }
  return undefined;
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
