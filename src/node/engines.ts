import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Ends } from '../engine/tombstone.ts';
import { Engine } from '../engine/engine.ts';
import { HotRecords } from '../engine/hot-records.ts';
import { Locks } from '../engine/locks.ts';
import { Recall } from '../engine/recall.ts';
import { Turns } from '../engine/turns.ts';
import { Vault, type VaultParts } from '../engine/vault.ts';
import { VersionFloors } from '../engine/version-floors.ts';
import type { LongWork } from '../long-work.ts';
import type { Lives } from '../membership/lives.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Letter } from '../session/letter.ts';
import type { MintedIds } from '../session/session-id.ts';
import { ENVELOPE_BYTES } from '../session/record.ts';
import { firstVersionsAt, Versions } from '../session/version.ts';
import { MemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';

export interface EnginesParts {
  readonly config: Pick<Config, 'letter' | 'limits' | 'map' | 'session'>;
  readonly allowsFlush: boolean;
  readonly ids: MintedIds;
  readonly store: Store;
  /** What the engine of our own letter remembers of its store. */
  readonly memory: { readonly recall: Recall; readonly hot: HotRecords; readonly ends: Ends };
  readonly lives: Lives;
  /** The first life of this daemon. */
  readonly incarnation: number;
  readonly lifeClock: Clock;
  readonly work: LongWork;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'observe'>;
}

/** The engine of our own letter, those of the shelves, and the versions that all of them draw. */
export interface Engines {
  readonly engine: Engine;
  readonly versions: Versions;
  readonly shelfOf: (owner: Letter) => Engine;
  /** Resets the sessions of our letter whose ids no node minted, for this daemon and the next ones. */
  readonly resetUnminted: () => Promise<void>;
  /** What the next daemon has to know, so that its versions begin above ours. */
  readonly recordVersions: () => void;
}

export function buildEngines(parts: EnginesParts): Engines {
  const { allowsFlush, clock, config, ids, incarnation, lifeClock, lives, log, memory, metrics, store, work } = parts;
  const { letter, limits, map, session } = config;
  const { served, unmintedFloor: unminted, versionsLead: lead } = lives;
  const moment = { incarnation, served, monotonicMs: clock.monotonic(), lifeMs: lifeClock.now(), lead };
  const versions = new Versions(firstVersionsAt({ ...moment, floor: Math.max(unminted, lives.movedFloor) }));
  const hasMoved = lives.moveTo(map.placement, versions.next());
  if (hasMoved)
    log.warn('another map: sessions whose ids do not begin with our letter are reset, as others may have had them');
  const { movedFloor: moved } = lives;

  const engineOf = (owner: Letter, vault: Omit<VaultParts, 'clock' | 'log'>): Engine =>
    new Engine({
      ...{ letter: owner, ids },
      vault: new Vault({ ...vault, clock: lifeClock, log }),
      turns: new Turns(limits.queuePerSession),
      locks: new Locks(clock, session.lockSeconds * 1000, limits.queuePerSession),
      ...{ versions, session, allowsFlush, work, log, clock: lifeClock },
    });
  const engine = engineOf(letter, { store, ...memory, floors: new VersionFloors({ letter, ids, unminted, moved }) });
  const shelfOf = (owner: Letter): Engine => {
    const { shelfMegabytes, recalledSessions } = limits;
    const maxRecordBytes = session.maxBytes + ENVELOPE_BYTES;
    const shelf = new MemoryStore({ megabytes: shelfMegabytes, maxRecordBytes, clock, metrics });
    return engineOf(owner, { store: shelf, recall: new Recall(recalledSessions), hot: new HotRecords(0) });
  };
  return {
    ...{ engine, versions, shelfOf },
    resetUnminted: async () => lives.raiseUnmintedFloor(await engine.resetUnminted()),
    recordVersions: () => lives.recordVersionsLead(versions.leadOver(lifeClock.now())),
  };
}
