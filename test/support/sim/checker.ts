import type { Act, Deed, History, Payload } from './history.ts';
import { subjectOf } from './history.ts';

/** A promise that was broken. */
export interface Violation {
  /** The promise, by its number in docs/guarantees.md#the-promises, with what happened to it. */
  readonly rule: 'S0' | 'S1' | 'S2' | 'S3' | 'S5' | 'S6';
  readonly what: string;
  /** The deeds that prove it. */
  readonly deeds: readonly Deed[];
}

export interface CheckOptions {
  readonly hardCapMs: number;
  /** Whether ledgers are large enough; one that overflowed forgets successors, and the owner resets all when it returns. */
  readonly areLedgersLarge: boolean;
  /** A rotated session can still be read for so long. */
  readonly graceMs: number;
  /** Whether somebody else looks at what is said to have expired; else nothing may, for nothing lives long enough. */
  readonly doLivesEnd?: boolean;
}

/** What a deed proves to stand under an id. */
interface Sight {
  readonly deed: Deed;
  readonly id: string;
  readonly version: number;
  /** Absent where only a version was told. */
  readonly payload?: Payload;
}

/** A write and when it surely was in effect: when it was acknowledged, or first seen. */
interface Write {
  readonly deed: Deed;
  readonly number: number;
  /** A whole new payload, or a patch on top. */
  readonly isWhole: boolean;
  inEffectAt: number;
}

const SLACK_MS = 30;

/** Looks for broken promises in what visitors asked and were told. Knows nothing of how the mesh works. */
export function check(history: History, options: CheckOptions): Violation[] {
  const violations: Violation[] = [...late(history, options)];
  const sights = history.deeds.flatMap(sightsOf);
  const byId = new Map<string, { sights: Sight[]; deeds: Deed[] }>();
  const of = (id: string): { sights: Sight[]; deeds: Deed[] } => {
    const found = byId.get(id) ?? { sights: [], deeds: [] };
    byId.set(id, found);
    return found;
  };
  for (const sight of sights) of(sight.id).sights.push(sight);
  for (const deed of history.deeds) {
    const id = subjectOf(deed.act) ?? mintedId(deed);
    if (id !== undefined) of(id).deeds.push(deed);
  }
  const writers = new Map(
    history.deeds.flatMap((deed): [number, Deed][] => {
      const number = writeNumber(deed.act);
      return number === undefined ? [] : [[number, deed]];
    }),
  );
  const ancestors = rotations(history.deeds);
  const kept = keptIds(history);
  for (const [id, { sights: seen, deeds }] of byId) {
    const isKept = kept.has(id);
    violations.push(
      ...strangers(id, seen, history, writers),
      // A kept id's versions are drawn by its owner and by stand-ins, whose clocks may agree by chance.
      ...(isKept ? [] : doubles(seen)),
      ...(isKept ? [] : outOfOrder(seen)),
      ...old(
        seen,
        [...familyOf(id, ancestors)].flatMap(([member, until]) =>
          (byId.get(member)?.deeds ?? []).filter(({ begunAt }) => begunAt < until),
        ),
      ),
      ...(isKept ? keptCameBack(seen, deeds, writers) : cameBack(seen, deeds, options)),
      ...spurious(deeds, isKept, history, options),
    );
  }
  if (options.areLedgersLarge) violations.push(...manySuccessors(history));
  return violations;
}

/** What a deed's answer says of the session under an id. */
function sightsOf(deed: Deed): Sight[] {
  const { outcome, act } = deed;
  switch (outcome.kind) {
    case 'read':
    case 'opened':
      return [{ deed, id: outcome.id, version: outcome.version, payload: outcome.payload }];
    case 'written':
      return act.kind === 'destroy' ? [] : [{ deed, id: outcome.id, version: outcome.version }];
    case 'miss':
    case 'refused':
    case 'in-doubt':
    case 'unavailable':
    case 'lost':
      return [];
  }
}

/** S6: nothing takes longer than the hard cap, whatever happens elsewhere. */
export function late({ deeds }: History, { hardCapMs }: CheckOptions): Violation[] {
  return deeds
    .filter(({ wasStopped, begunAt, endedAt }) => !wasStopped && endedAt - begunAt > hardCapMs + SLACK_MS)
    .map((deed) => ({ rule: 'S6', what: `took ${Math.round(deed.endedAt - deed.begunAt)} ms`, deeds: [deed] }));
}

/** S0: bytes of another session. */
function strangers(
  id: string,
  sights: readonly Sight[],
  { lineages }: History,
  writers: ReadonlyMap<number, Deed>,
): Violation[] {
  const own = lineages.get(id);
  return sights.flatMap(({ deed, payload }): Violation[] => {
    if (payload === undefined) return [];
    if (deed.outcome.kind === 'opened' && deed.outcome.state === 'found' && id !== subjectOf(deed.act)) {
      return [{ rule: 'S0', what: `${id} is said to be the session that was asked for`, deeds: [deed] }];
    }
    if (payload.lineage !== undefined && payload.lineage !== own) {
      return [
        { rule: 'S0', what: `${id} of ${own ?? 'nobody'} answers with data of ${payload.lineage}`, deeds: [deed] },
      ];
    }
    const foreign = writeNumbers(payload).filter((number) => {
      const write = writers.get(number);
      return write === undefined || lineageOf(write.act) !== own || write.begunAt > deed.endedAt;
    });
    return foreign.map((number) => ({
      rule: 'S0',
      what: `${id} holds write ${number}, which was not its own`,
      deeds: [deed],
    }));
  });
}

/** S1: one version, one content. */
function doubles(sights: readonly Sight[]): Violation[] {
  const known = new Map<number, Sight>();
  const violations: Violation[] = [];
  for (const sight of sights) {
    if (sight.payload === undefined) continue;
    const before = known.get(sight.version);
    if (before === undefined) known.set(sight.version, sight);
    else if (JSON.stringify(before.payload) !== JSON.stringify(sight.payload)) {
      violations.push({
        rule: 'S1',
        what: `version ${sight.version} stands for two contents`,
        deeds: [before.deed, sight.deed],
      });
    }
  }
  return violations;
}

/** S1 by versions: what was seen by a deed that had ended is not undercut by one that began later. */
function outOfOrder(sights: readonly Sight[]): Violation[] {
  const violations: Violation[] = [];
  const byEnd = [...sights].sort((a, b) => a.deed.endedAt - b.deed.endedAt);
  const byBegin = [...sights].sort((a, b) => a.deed.begunAt - b.deed.begunAt);
  let newest: Sight | undefined;
  let at = 0;
  for (const sight of byBegin) {
    for (let ended = byEnd[at]; ended !== undefined && ended.deed.endedAt < sight.deed.begunAt; ended = byEnd[at]) {
      if (newest === undefined || ended.version > newest.version) newest = ended;
      at += 1;
    }
    if (newest === undefined) continue;
    const isNewWrite = sight.deed.act.kind === 'put' || sight.deed.act.kind === 'patch';
    if (sight.version < newest.version || (isNewWrite && sight.version === newest.version)) {
      violations.push({
        rule: 'S1',
        what: `version ${sight.version} after version ${newest.version} was seen`,
        deeds: [newest.deed, sight.deed],
      });
    }
  }
  return violations;
}

/** S1 by content, believing no version: nothing that a later write had surely replaced is read again, no patch is lost. */
function old(sights: readonly Sight[], deeds: readonly Deed[]): Violation[] {
  const writes: Write[] = deeds.flatMap((deed) => {
    const number = writeNumber(deed.act);
    if (number === undefined) return [];
    const wasDone = deed.outcome.kind === 'written';
    return [{ deed, number, isWhole: deed.act.kind !== 'patch', inEffectAt: wasDone ? deed.endedAt : Infinity }];
  });
  const byNumber = new Map(writes.map((write) => [write.number, write]));
  for (const { deed, payload } of sights) {
    for (const number of payload === undefined ? [] : writeNumbers(payload)) {
      const write = byNumber.get(number);
      if (write !== undefined) write.inEffectAt = Math.min(write.inEffectAt, deed.endedAt);
    }
  }
  return sights.flatMap((sight): Violation[] => {
    const { payload, deed } = sight;
    if (payload === undefined) return [];
    const base = payload.write === undefined ? undefined : byNumber.get(payload.write);
    if (payload.write !== undefined && base === undefined) return [];
    const baseAt = base?.inEffectAt ?? -Infinity;
    const replaced = writes.find(
      (write) => write.isWhole && write !== base && baseAt < write.deed.begunAt && write.inEffectAt < deed.begunAt,
    );
    if (replaced !== undefined) {
      return [
        {
          rule: 'S1',
          what: `write ${payload.write ?? 'none'} is read after write ${replaced.number}`,
          deeds: [replaced.deed, deed],
        },
      ];
    }
    return writes
      .filter((write) => !write.isWhole && !payload.patches.includes(write.number))
      .filter((write) => baseAt < write.deed.begunAt && write.inEffectAt < deed.begunAt)
      .map((write) => ({ rule: 'S1', what: `patch ${write.number} is missing`, deeds: [write.deed, deed] }));
  });
}

/** S1, S5: whoever was told that it is gone, it stays gone. */
function cameBack(sights: readonly Sight[], deeds: readonly Deed[], { graceMs }: CheckOptions): Violation[] {
  const rotated = deeds.find(({ act, outcome }) => act.kind === 'rotate' && outcome.kind === 'written');
  const mayBeRotated = deeds.some(({ act }) => act.kind === 'rotate');
  const ends = deeds.filter((deed) => isEnd(deed) && !(mayBeRotated && isWriteMiss(deed)));
  const end = earliest(ends);
  const writeEnd = earliest(
    mayBeRotated ? [...ends, ...deeds.filter(isWriteMiss), ...(rotated ? [rotated] : [])] : ends,
  );
  const rotatedAgain = deeds.find(
    ({ act, outcome, begunAt }) =>
      act.kind === 'rotate' && outcome.kind === 'written' && writeEnd !== undefined && writeEnd.endedAt < begunAt,
  );
  const again: Violation[] =
    writeEnd === undefined || rotatedAgain === undefined
      ? []
      : [{ rule: 'S5', what: 'it was rotated after it was gone', deeds: [writeEnd, rotatedAgain] }];
  const back = sights.flatMap((sight): Violation[] => {
    const { deed, payload } = sight;
    if (end !== undefined && deed !== end && end.endedAt < deed.begunAt) {
      const rule = end.act.kind === 'destroy' && end.outcome.kind === 'written' ? 'S5' : 'S1';
      return [{ rule, what: `${sight.id} came back`, deeds: [end, deed] }];
    }
    if (payload === undefined && writeEnd !== undefined && deed !== writeEnd && writeEnd.endedAt < deed.begunAt) {
      return [{ rule: 'S5', what: `${sight.id} was written after it was gone`, deeds: [writeEnd, deed] }];
    }
    if (rotated !== undefined && deed.begunAt > rotated.endedAt + graceMs + SLACK_MS) {
      return [{ rule: 'S5', what: `${sight.id} outlives the grace of its rotation`, deeds: [rotated, deed] }];
    }
    return [];
  });
  return [...again, ...back];
}

/** The same for an id that its client keeps: it may be written anew, but nothing from before comes back. */
function keptCameBack(
  sights: readonly Sight[],
  deeds: readonly Deed[],
  writers: ReadonlyMap<number, Deed>,
): Violation[] {
  // A rotated one can still be read, and not be written, for its grace.
  const mayBeRotated = deeds.some(({ act }) => act.kind === 'rotate');
  const ends = deeds.filter((deed) => isEnd(deed) && !(mayBeRotated && isWriteMiss(deed)));
  const seenAt = new Map<number, number>();
  for (const { deed, payload } of sights) {
    if (payload?.write === undefined) continue;
    seenAt.set(payload.write, Math.min(seenAt.get(payload.write) ?? Infinity, deed.endedAt));
  }
  return sights.flatMap((sight): Violation[] => {
    const number = sight.payload?.write;
    if (number === undefined) return [];
    const write = writers.get(number);
    if (write === undefined) return [];
    const inEffectAt = Math.min(
      write.outcome.kind === 'written' ? write.endedAt : Infinity,
      seenAt.get(number) ?? Infinity,
    );
    const end = ends.find((one) => inEffectAt < one.begunAt && one.endedAt < sight.deed.begunAt);
    return end === undefined ? [] : [{ rule: 'S1', what: `${sight.id} came back`, deeds: [write, end, sight.deed] }];
  });
}

/** S3: a session goes only with its owner, its store, or at somebody's wish. */
function spurious(
  deeds: readonly Deed[],
  isKept: boolean,
  { hurtAt }: History,
  { doLivesEnd = false }: CheckOptions,
): Violation[] {
  const wishes = deeds.filter(({ act }) => act.kind === 'destroy' || act.kind === 'rotate');
  return deeds.flatMap((deed): Violation[] => {
    if (!isEnd(deed) || deed.act.kind === 'destroy') return [];
    if (doLivesEnd && 'reason' in deed.outcome && deed.outcome.reason === 'expired') return [];
    const id = subjectOf(deed.act) ?? '';
    const hurt = [...hurtAt].find(([letter]) => id.startsWith(letter))?.[1] ?? Infinity;
    if (hurt < deed.endedAt || wishes.some((wish) => wish.begunAt < deed.endedAt)) return [];
    const isThere = deeds.some(
      ({ act, outcome, endedAt }) => act.kind === 'keep' && outcome.kind === 'written' && endedAt < deed.begunAt,
    );
    if (isKept && !isThere) return [];
    return [{ rule: 'S3', what: `${id} is said to be gone, and nothing has befallen it`, deeds: [deed] }];
  });
}

/** S2: all who open one orphan get one successor, unless something happened to the mesh in between. */
function manySuccessors({ deeds, unrest, absences }: History): Violation[] {
  const wishes = new Map<string, number>();
  for (const { act, begunAt } of deeds) {
    const id = subjectOf(act);
    if (id === undefined || (act.kind !== 'destroy' && act.kind !== 'rotate')) continue;
    wishes.set(id, Math.min(wishes.get(id) ?? Infinity, begunAt));
  }
  const violations: Violation[] = [];
  const latest = new Map<string, Deed>();
  const successors = new Map<string, string[]>();
  for (const deed of [...deeds].sort((a, b) => a.endedAt - b.endedAt)) {
    const { act, outcome } = deed;
    if (act.kind !== 'open' || act.id === undefined || outcome.kind !== 'opened') continue;
    if (outcome.state !== 'regenerated' || !['owner-dead', 'left'].includes(outcome.reason ?? '')) continue;
    const before = latest.get(act.id);
    latest.set(act.id, deed);
    const former = successors.get(act.id) ?? [];
    successors.set(act.id, [...former, outcome.id]);
    if (before?.outcome.kind !== 'opened' || before.outcome.id === outcome.id) continue;
    const from = Math.min(before.begunAt, deed.begunAt);
    const owner = act.id.slice(0, 1);
    const isOrphan = absences.some(({ node, from: since, to }) => node === owner && since < from && to > deed.endedAt);
    const wasWished = former.some((successor) => (wishes.get(successor) ?? Infinity) < deed.endedAt);
    if (!isOrphan || wasWished || unrest.some((at) => at >= from - 1 && at <= deed.endedAt)) continue;
    violations.push({ rule: 'S2', what: `${act.id} has two successors`, deeds: [before, deed] });
  }
  return violations;
}

/** Whether the visitor was told that the session is gone. */
export function isEnd(deed: Deed): boolean {
  const { act, outcome } = deed;
  if (act.kind === 'destroy' && outcome.kind === 'written') return true;
  if (act.kind === 'open') return outcome.kind === 'opened' && outcome.state === 'regenerated';
  return outcome.kind === 'miss';
}

/** What somebody may go on under: a key of its client's own, or an id that a client keeps though a node made it. */
export function keptIds({ deeds, lineages }: Pick<History, 'deeds' | 'lineages'>): ReadonlySet<string> {
  const own = [...lineages].flatMap(([id, lineage]) => (id === lineage ? [id] : []));
  return new Set([...own, ...deeds.flatMap(({ act }) => (act.kind === 'keep' ? [act.id] : []))]);
}

function isWriteMiss({ act, outcome }: Deed): boolean {
  return outcome.kind === 'miss' && act.kind !== 'get' && act.kind !== 'destroy';
}

function earliest(deeds: readonly Deed[]): Deed | undefined {
  let first: Deed | undefined;
  for (const deed of deeds) if (first === undefined || deed.endedAt < first.endedAt) first = deed;
  return first;
}

function writeNumber(act: Act): number | undefined {
  return 'write' in act ? act.write : undefined;
}

function lineageOf(act: Act): string | undefined {
  return 'lineage' in act ? act.lineage : undefined;
}

function writeNumbers({ write, patches }: Payload): number[] {
  return write === undefined ? [...patches] : [write, ...patches];
}

function mintedId({ act, outcome }: Deed): string | undefined {
  return act.kind === 'mint' && outcome.kind === 'written' ? outcome.id : undefined;
}

/** New id => the id that it goes on for, and until when that one could be written. */
function rotations(deeds: readonly Deed[]): ReadonlyMap<string, { readonly of: string; readonly until: number }> {
  return new Map(
    deeds.flatMap(({ act, outcome, endedAt }) =>
      act.kind === 'rotate' && outcome.kind === 'written'
        ? [[outcome.id, { of: act.id, until: endedAt }] as const]
        : [],
    ),
  );
}

/** The id and those that it goes on for, each with the time from which on what is written there is another session. */
function familyOf(id: string, ancestors: ReturnType<typeof rotations>): ReadonlyMap<string, number> {
  const family = new Map<string, number>([[id, Infinity]]);
  for (let from = ancestors.get(id); from !== undefined && !family.has(from.of); from = ancestors.get(from.of)) {
    family.set(from.of, from.until);
  }
  return family;
}
