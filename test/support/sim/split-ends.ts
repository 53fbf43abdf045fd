import type { CheckOptions, Violation } from './checker.ts';
import { subjectOf, type Deed } from './history.ts';
import { phaseOf, type Split } from './split-views.ts';

const SLACK_MS = 30;

/**
 * S5 across splits: what somebody destroyed or rotated on one side, and was told so, is not there again once the split has
 * healed: neither as it was before, nor as another side wrote it meanwhile, which knew nothing of that. What was written on
 * the same side later was begun anew by somebody who could know.
 */
export function cameBackAcross(
  deeds: readonly Deed[],
  splits: readonly Split[],
  { graceMs }: Pick<CheckOptions, 'graceMs'>,
): Violation[] {
  const writes = new Map(deeds.flatMap((deed) => ('write' in deed.act ? [[deed.act.write, deed] as const] : [])));
  const byId = new Map<string, Deed[]>();
  for (const deed of deeds) {
    const id = subjectOf(deed.act);
    if (id !== undefined) byId.set(id, [...(byId.get(id) ?? []), deed]);
  }
  return splits.flatMap((split) =>
    deeds
      .filter((deed) => isEnding(deed) && phaseOf(deed, split) === 'side')
      .flatMap((end): Violation[] => {
        const goneFrom = end.act.kind === 'rotate' ? end.endedAt + graceMs + SLACK_MS : end.endedAt;
        return (byId.get(subjectOf(end.act) ?? '') ?? []).flatMap((sight): Violation[] => {
          if (sight.begunAt < Math.max(split.wholeAt, goneFrom)) return [];
          const write = writes.get(writeSeenBy(sight) ?? -1);
          if (write === undefined || !isUnawareOf(end, write, split)) return [];
          return [{ rule: 'S5', what: `${sight.act.kind} finds what was destroyed`, deeds: [write, end, sight] }];
        });
      }),
  );
}

function isEnding({ act, outcome }: Deed): boolean {
  if (act.kind === 'destroy') return outcome.kind === 'written' || outcome.kind === 'miss';
  return act.kind === 'rotate' && outcome.kind === 'written';
}

/** Whether a write was done before this end, or on another side while nobody there could know of it. */
function isUnawareOf(end: Deed, write: Deed, split: Split): boolean {
  if (write.begunAt < end.begunAt) return true;
  return phaseOf(write, split) === 'side' && split.sideOf(write.node) !== split.sideOf(end.node);
}

/** The write that the session under the very id begins with, as this deed found it. */
function writeSeenBy({ act, outcome }: Deed): number | undefined {
  if (outcome.kind !== 'read' && outcome.kind !== 'opened') return undefined;
  return outcome.id === subjectOf(act) ? outcome.payload.write : undefined;
}
