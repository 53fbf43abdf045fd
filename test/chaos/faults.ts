import type { Letter } from '../../src/session/letter.ts';
import type { Bite } from './bites.ts';
import type { ClockAhead, Host } from './host.ts';
import { LETTERS, type Hosts } from './hosts.ts';

/** What befalls a host. */
export const FAULT_KINDS = [
  'kill',
  'stop',
  'pause',
  'flap',
  'kill-daemon',
  'kill-store',
  'cut-off',
  'unplug',
  'deaf',
  'deaf-to-one',
  'clock-ahead',
  'clock-behind',
  'clock-steps',
  'clock-leaps',
  'upgrade-all',
  'restart-all',
  'two-dead',
  'cold-start',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** Those for which there is time in every run of all the tests. */
export const SHORT_ROUND: readonly FaultKind[] = [
  ...(['kill', 'pause', 'kill-daemon', 'kill-store', 'cut-off', 'unplug', 'deaf-to-one'] as const),
  ...(['clock-behind', 'clock-steps', 'upgrade-all', 'two-dead', 'cold-start'] as const),
];

export interface Fault {
  readonly kind: FaultKind;
  readonly victim: Letter;
  /** From when it was done until it is undone. */
  readonly holdMs: number;
}

interface FaultRow {
  /** As a person would tell it. */
  readonly says: string;
  /** Resolves when it was done. */
  readonly inject: (host: Host, hosts: Hosts) => Promise<void>;
  /** Absent where it passes by itself. */
  readonly heal?: (host: Host, hosts: Hosts) => Promise<void>;
  /** Whom it befalls: the victim, everybody but the victim, or everybody. */
  readonly strikes: 'victim' | 'others' | 'all';
  /** Whose sessions it may cost: those of the struck; or, where each side takes the other for dead, everybody's. */
  readonly hurts: 'struck' | 'all' | 'nobody';
  /** Whether the struck do not answer their own visitors meanwhile. */
  readonly isSilence: boolean;
  /** Whether no daemon answers for the victim's letter meanwhile, so that its sessions are orphans. */
  readonly isAbsence: boolean;
  readonly isSplit: boolean;
  /** What has to be seen, or the fault did not bite. */
  readonly bite: Bite;
}

/** One host falls silent, and is taken for dead. */
const DEATH = {
  strikes: 'victim',
  hurts: 'struck',
  isSilence: true,
  isAbsence: true,
  isSplit: false,
  bite: 'taken for dead',
} as const;

/** Each part takes the other for dead, and goes on. */
const SPLIT = { ...DEATH, hurts: 'all', isSilence: false, isAbsence: false, isSplit: true } as const;

/** Something within one host is replaced, sooner than its peers would take it for dead, or not. */
const MENDED = { ...DEATH, isAbsence: false } as const;

const CLOCK = { ...MENDED, bite: 'wrong clock' } as const;

const ALL = { ...MENDED, strikes: 'all', bite: 'new daemon' } as const;

const FLAPS = 8;
const FLAP_MS = 300;

/** Each is how far off the clock is from then on. */
const CLOCK_STEPS: readonly ClockAhead[] = ['+1h', '-1h', '+2m', '-2m', '+1d'];
const STEP_MS = 400;

/** Every fault that there is. To add one, add a kind and a row. */
export const FAULTS: Readonly<Record<FaultKind, FaultRow>> = {
  kill: {
    ...DEATH,
    says: 'a host is killed (kill -9 of its container) and comes back empty',
    inject: (host) => host.kill(),
    heal: (host) => host.start(),
  },
  stop: {
    ...DEATH,
    says: 'a host is stopped (docker stop) and started again',
    inject: (host) => host.stop(),
    heal: (host) => host.start(),
  },
  pause: {
    ...DEATH,
    says: 'a host is frozen (docker pause) and goes on with all that it had',
    inject: (host) => host.pause(),
    heal: (host) => host.unpause(),
  },
  flap: {
    ...MENDED,
    says: `a host is frozen for ${FLAP_MS} ms, every ${FLAP_MS} ms, ${FLAPS} times`,
    inject: async (host) => {
      for (let turn = 0; turn < FLAPS; turn += 1) {
        await host.pause();
        await rest(FLAP_MS);
        await host.unpause();
        await rest(FLAP_MS);
      }
    },
    bite: 'suspected',
  },
  'kill-daemon': {
    ...MENDED,
    says: 'the daemon alone is killed; its Memcached goes on, and a new daemon adopts it after a second',
    inject: (host) => host.killDaemon(),
    bite: 'new daemon',
  },
  'kill-store': {
    ...MENDED,
    says: 'the Memcached alone is killed, and its daemon starts another',
    inject: (host) => host.killStore(),
    isSilence: false,
    bite: 'new store',
  },
  'cut-off': {
    ...SPLIT,
    says: 'a host is cut off from its peers, and visitors still reach it: a split',
    inject: (host) => host.leaveMesh(),
    heal: (host) => host.joinMesh(),
  },
  unplug: {
    ...SPLIT,
    says: 'a host is cut off from its peers, its visitors and the balancer',
    inject: (host) => host.leaveAll(),
    heal: async (host) => {
      await host.joinMesh();
      await host.joinFront();
    },
    isSilence: true,
  },
  deaf: {
    ...SPLIT,
    says: 'a host hears nothing of what its peers say (iptables drops it), and visitors still reach it: a split',
    inject: async (host, hosts) => host.turnDeafTo(hosts.all.filter((one) => one !== host)),
    heal: (host) => host.hearAgain(),
  },
  'deaf-to-one': {
    ...MENDED,
    says: 'a host hears nothing of what one of its two peers says (iptables drops it)',
    inject: async (host, hosts) => host.turnDeafTo(hosts.all.filter((one) => one !== host).slice(0, 1)),
    heal: (host) => host.hearAgain(),
    // The third one sees both, and passes on what they cannot say to each other.
    hurts: 'nobody',
    isSilence: false,
    bite: 'suspected',
  },
  'clock-ahead': {
    ...CLOCK,
    says: 'a host comes up empty with its clock an hour ahead, and later again with the right time',
    inject: async (host) => {
      await host.setClock('+1h');
      await beginAnew(host);
    },
    heal: async (host) => {
      await host.setClock('right');
      await beginAnew(host);
    },
  },
  'clock-behind': {
    ...CLOCK,
    says: 'the clock of a host goes back by an hour, and right again; its daemon restarts each time, as for an upgrade',
    inject: async (host, hosts) => {
      await host.setClock('-1h');
      await upgrade(host, hosts);
    },
    heal: async (host, hosts) => {
      await host.setClock('right');
      await upgrade(host, hosts);
    },
  },
  'clock-steps': {
    ...CLOCK,
    says: `the clock of a host is set while its daemon runs: by turns ${CLOCK_STEPS.join(', ')} off, and right again`,
    inject: async (host) => {
      for (const ahead of CLOCK_STEPS) {
        await host.setClock(ahead);
        await rest(STEP_MS);
      }
    },
    heal: (host) => host.setClock('right'),
    hurts: 'nobody',
    isSilence: false,
  },
  'clock-leaps': {
    ...CLOCK,
    says: 'the daemon alone is killed, and while it is away the clock is set a day on; and the same again, set right',
    inject: async (host) => {
      await host.killDaemon();
      await host.setClock('+1d');
    },
    heal: async (host, hosts) => {
      await host.killDaemon();
      await host.setClock('right');
      await hosts.becomeWell();
    },
  },
  'upgrade-all': {
    ...ALL,
    says: 'the daemons of all hosts are restarted as for an upgrade (SIGUSR2), one after the other',
    inject: async (_host, hosts) => {
      for (const one of hosts.all) await upgrade(one, hosts);
    },
    hurts: 'nobody',
  },
  'restart-all': {
    ...ALL,
    says: 'all hosts are restarted (docker restart), one after the other',
    inject: async (_host, hosts) => {
      for (const one of hosts.all) {
        await one.restart();
        await hosts.becomeWell();
      }
    },
  },
  'two-dead': {
    ...MENDED,
    says: 'two of the three hosts are killed at the same moment, and come back empty',
    inject: async (host, hosts) => atOnce(others(host, hosts), (one) => one.kill()),
    heal: async (host, hosts) => atOnce(others(host, hosts), (one) => one.start()),
    strikes: 'others',
  },
  'cold-start': {
    ...ALL,
    says: 'all three hosts are killed at the same moment, and started again',
    inject: async (_host, hosts) => atOnce(hosts.all, (one) => one.kill()),
    heal: async (_host, hosts) => atOnce(hosts.all, (one) => one.start()),
  },
};

export function hurtBy(fault: Fault): readonly Letter[] {
  switch (FAULTS[fault.kind].hurts) {
    case 'struck':
      return struckBy(fault);
    case 'all':
      return LETTERS;
    case 'nobody':
      return [];
  }
}

export function struckBy({ kind, victim }: Fault): readonly Letter[] {
  switch (FAULTS[kind].strikes) {
    case 'victim':
      return [victim];
    case 'others':
      return LETTERS.filter((letter) => letter !== victim);
    case 'all':
      return LETTERS;
  }
}

/** Another daemon, and another Memcached, in the same container. */
async function beginAnew(host: Host): Promise<void> {
  await host.killStore();
  await host.killDaemon();
}

async function upgrade(host: Host, hosts: Hosts): Promise<void> {
  const before = (await host.view())?.incarnation;
  await host.upgrade();
  await hosts.becomeWell(async () => {
    const now = (await host.view())?.incarnation;
    return now !== undefined && now !== before;
  });
}

function others(host: Host, hosts: Hosts): Host[] {
  return hosts.all.filter((one) => one !== host);
}

async function atOnce(hosts: readonly Host[], act: (host: Host) => Promise<void>): Promise<void> {
  await Promise.all(hosts.map(act));
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
