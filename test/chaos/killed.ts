import type { Letter } from '../../src/session/letter.ts';
import { subjectOf } from '../support/sim/history.ts';
import { isDone } from './proof.ts';
import type { ChaosDeed } from './record.ts';
import { hasFailed, within } from './tell.ts';
import type { Trouble } from './troubles.ts';

/** What the visitors of the others saw of one that was killed, while it was away. */
export interface Killed {
  readonly victim: Letter;
  /** All that was asked a second and more after the death: at the other hosts, or through the balancer. */
  readonly asked: number;
  readonly failed: readonly ChaosDeed[];
  /** Sessions of the others that were asked for meanwhile. */
  readonly othersSessions: number;
}

const SECOND_MS = 1000;

export function killed(deeds: readonly ChaosDeed[], { victim, doneAt, undoneAt }: Trouble): Killed {
  const away = within(deeds, { from: doneAt, to: undoneAt }).filter(
    ({ via, node }) => via === 'balancer' || node !== victim,
  );
  const asked = away.filter(({ begunAt }) => begunAt > doneAt + SECOND_MS);
  const others = away.filter(isDone).flatMap(({ act }) => subjectOf(act) ?? []);
  return {
    victim,
    asked: asked.length,
    failed: asked.filter(hasFailed),
    othersSessions: new Set(others.filter((id) => !id.startsWith(victim))).size,
  };
}
