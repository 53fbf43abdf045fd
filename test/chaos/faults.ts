import type { Letter } from '../../src/session/letter.ts';
import { LETTERS, type Host } from './hosts.ts';

/** What befalls a host. */
export const FAULT_KINDS = ['kill', 'stop', 'pause', 'kill-daemon', 'kill-store', 'cut-off'] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  readonly kind: FaultKind;
  readonly victim: Letter;
  /** From when it was done until it is undone. */
  readonly holdMs: number;
}

interface FaultRow {
  /** As a person would tell it. */
  readonly says: string;
  readonly inject: (host: Host) => Promise<void>;
  /** Absent where it passes by itself. */
  readonly heal?: (host: Host) => Promise<void>;
  /** Whose sessions it may cost: the victim's, or, where each side takes the other for dead, everybody's. */
  readonly hurts: 'victim' | 'all';
  /** Whether no daemon answers for the victim's letter meanwhile, so that its sessions are orphans. */
  readonly isAbsence: boolean;
  readonly isSplit: boolean;
  /** What has to be seen, or the fault did not bite. */
  readonly bite: Bite;
}

/** Somebody else took the victim for dead; a new daemon runs there; a new Memcached does. */
export type Bite = 'taken for dead' | 'new daemon' | 'new store';

/** Every fault that there is. To add one, add a kind and a row. */
export const FAULTS: Readonly<Record<FaultKind, FaultRow>> = {
  kill: {
    says: 'a host is killed (kill -9 of its container) and comes back empty',
    inject: (host) => host.kill(),
    heal: (host) => host.start(),
    ...{ hurts: 'victim', isAbsence: true, isSplit: false, bite: 'taken for dead' },
  },
  stop: {
    says: 'a host is stopped (docker stop) and started again',
    inject: (host) => host.stop(),
    heal: (host) => host.start(),
    ...{ hurts: 'victim', isAbsence: true, isSplit: false, bite: 'taken for dead' },
  },
  pause: {
    says: 'a host is frozen (docker pause) and goes on with all that it had',
    inject: (host) => host.pause(),
    heal: (host) => host.unpause(),
    ...{ hurts: 'victim', isAbsence: true, isSplit: false, bite: 'taken for dead' },
  },
  'kill-daemon': {
    says: 'the daemon alone is killed; its Memcached goes on, and a new daemon adopts it after a second',
    inject: (host) => host.killDaemon(),
    ...{ hurts: 'victim', isAbsence: false, isSplit: false, bite: 'new daemon' },
  },
  'kill-store': {
    says: 'the Memcached alone is killed, and its daemon starts another',
    inject: (host) => host.killStore(),
    ...{ hurts: 'victim', isAbsence: false, isSplit: false, bite: 'new store' },
  },
  'cut-off': {
    says: 'a host is cut off from its peers, and visitors still reach it: a split',
    inject: (host) => host.leaveMesh(),
    heal: (host) => host.joinMesh(),
    ...{ hurts: 'all', isAbsence: false, isSplit: true, bite: 'taken for dead' },
  },
};

export function hurtBy({ kind, victim }: Fault): readonly Letter[] {
  return FAULTS[kind].hurts === 'all' ? LETTERS : [victim];
}
