import { check, type Violation } from './checker.ts';
import { Faults } from './faults.ts';
import { Random } from './random.ts';
import { wrongLives } from './life-spans.ts';
import { SimMesh, type SimConfig } from './sim-mesh.ts';
import { befallWithSplits, checkSplits } from './split-run.ts';
import type { Split } from './split-views.ts';
import { deedsWith, describeDeed } from './visitors.ts';
import { subjectOf } from './history.ts';

export interface RunResult {
  readonly seed: number;
  readonly size: number;
  /** One line each; empty where all promises were kept. */
  readonly complaints: readonly string[];
  readonly tally: ReadonlyMap<string, number>;
  readonly trace: readonly string[];
}

/** So often requests for a peer have to wait for room on the link. */
const NARROW_LINKS = 0.3;
const NARROW_LINK = 1;
const WIDE_LINK = 256;
const SMALL_LEDGER = 5;
const LARGE_LEDGER = 1000;
/** Shorter than a split, as a minute is beside an hour; longer than any request. */
const SHORT_TOMBSTONE_SECONDS = 1.5;
const SHORT_GRACE_SECONDS = 0.3;
/** Of the runs without splits, in so many lives are short enough to end in them, and so are tombstones and graces. */
const SHORT_LIVES = 0.4;
const SHORT_LIFE_SECONDS = 2;
const FAULTS_FOR_MS = 3500;
/** A node that died often is let in again only after half a minute. */
const CONVERGENCE_MS = 60_000;
/** Of the runs with splits, in so many the stores have their troubles besides. */
const STORES_BESIDE_SPLITS = 0.4;
/** Less than this was done: the run proves nothing. */
const FEWEST_DONE = 20;

/** What befalls a mesh: everything but splits; or splits, with what befalls stores in some of the runs; or both at once. */
export type Weather = 'faults' | 'splits' | 'storms';

/** One run: a mesh, its visitors, and what befalls it, all from one seed. @param hosts how many, where not the seed decides */
export async function run(
  seed: number,
  isTraced = false,
  weather: Weather = 'faults',
  hosts?: number,
): Promise<RunResult> {
  const random = new Random(seed);
  const size = random.weighted({ 2: 1, 3: 6, 5: 3 });
  const trace: string[] = [];
  const meshSeed = random.below(2 ** 31);
  const isLedgerSmall = random.chance(0.15);
  const inFlightPerLink = random.chance(NARROW_LINKS) ? NARROW_LINK : WIDE_LINK;
  const mesh = new SimMesh({
    seed: meshSeed,
    size: hosts ?? Number(size),
    limits: {
      ledgerEntries: isLedgerSmall ? SMALL_LEDGER : LARGE_LEDGER,
      recalledSessions: 1000,
      inFlightPerLink,
      shelfMegabytes: 1,
    },
    doGoOn: weather !== 'faults',
    doMakeUp: isLedgerSmall,
    session: drawSession(random, weather),
    ...(isTraced && { trace: (line: string) => void trace.push(line) }),
  });
  const complaints: string[] = [];
  try {
    await mesh.start();
    mesh.visitors.start(random.below(4) + 3);
    const splits = await (weather === 'faults' ? befall(mesh, random) : befallSplits(mesh, random, weather));
    if (!(await mesh.converges(CONVERGENCE_MS)))
      complaints.push(`the mesh did not become whole again: ${standing(mesh)}`);
    await mesh.runFor(200);
    mesh.visitors.stop();
    await mesh.runFor(1001);
    await mesh.visitors.readAll();
    complaints.push(...judge(mesh, weather, splits));
  } finally {
    mesh.dispose();
  }
  return { seed, size: mesh.letters.length, complaints, tally: mesh.tally, trace };
}

function drawSession(random: Random, weather: Weather): Partial<SimConfig['session']> {
  const short = { tombstoneSeconds: SHORT_TOMBSTONE_SECONDS, rotateGraceSeconds: SHORT_GRACE_SECONDS };
  if (weather !== 'faults') return random.chance(0.5) ? short : {};
  return random.chance(SHORT_LIVES) ? { ...short, ttlSeconds: SHORT_LIFE_SECONDS } : {};
}

async function befall(mesh: SimMesh, random: Random): Promise<undefined> {
  const faults = new Faults({ mesh, random: new Random(random.below(2 ** 31)), everyMs: random.between(150, 900) });
  await mesh.runFor(150);
  faults.start();
  await mesh.runFor(FAULTS_FOR_MS);
  faults.stop();
  await mesh.runFor(300);
}

function befallSplits(mesh: SimMesh, random: Random, weather: Weather): Promise<Split[]> {
  const beside = random.chance(STORES_BESIDE_SPLITS) ? 'stores' : 'none';
  const others = weather === 'storms' ? 'all but cuts' : beside;
  return befallWithSplits({ mesh, random: new Random(random.below(2 ** 31)), others });
}

function judge(mesh: SimMesh, weather: Weather, splits: readonly Split[] | undefined): string[] {
  const { visitors, hurtAt, absences, unrest, config, tally, errors } = mesh;
  const { deeds, lineages } = visitors;
  for (const { act, outcome } of deeds) {
    mesh.count(`${act.kind}: ${outcome.kind}`);
    if (outcome.kind === 'miss' && outcome.reason === 'expired') mesh.count('told expired');
    if ('code' in outcome) mesh.count(`told ${outcome.code}`);
  }
  const history = { deeds, lineages, hurtAt, absences, unrest };
  const { rotateGraceSeconds, tombstoneSeconds, ttlSeconds } = config.session;
  const spans = {
    ttlMs: ttlSeconds * 1000,
    tombstoneMs: tombstoneSeconds * 1000,
    graceMs: rotateGraceSeconds * 1000,
  };
  const options = {
    hardCapMs: config.timings.hardCapMs,
    areLedgersLarge: config.limits.ledgerEntries >= LARGE_LEDGER,
    graceMs: spans.graceMs,
    doLivesEnd: splits === undefined,
  };
  const violations =
    splits === undefined
      ? [...check(history, options), ...wrongLives(history, spans)]
      : checkSplits(history, mesh.letters, { splits, options, isRestKept: weather === 'splits' });
  const complaints = violations.map((violation) => describeViolation(violation, mesh));
  if (complaints.length > 0) complaints.unshift(...(splits ?? []).map((split) => describeSplit(split, mesh)));
  complaints.push(
    ...errors.map((error) => `unexpected: ${error instanceof Error ? (error.stack ?? '') : String(error)}`),
  );
  const done = deeds.filter(({ outcome }) => ['read', 'written', 'opened'].includes(outcome.kind)).length;
  if (done < FEWEST_DONE) complaints.push(`only ${done} of ${deeds.length} deeds came to something`);
  const bites = ['member alive -> suspect', 'tenure lost', 'get: unavailable', 'put: in-doubt', 'get: lost', 'served'];
  if (!bites.some((what) => (tally.get(what) ?? 0) > (what === 'served' ? mesh.letters.length : 0))) {
    complaints.push('no fault bit');
  }
  return complaints;
}

function describeViolation({ rule, what, deeds }: Violation, mesh: SimMesh): string {
  const id = deeds.map(({ act }) => subjectOf(act)).find((subject) => subject !== undefined);
  const all = id === undefined ? deeds : deedsWith(id, mesh.visitors.deeds);
  return [
    `${rule}: ${what}`,
    ...deeds.map((deed) => `    ${describeDeed(deed)}`),
    `  all that was done with ${id ?? 'it'}:`,
    ...all.slice(0, 60).map((deed) => `    ${describeDeed(deed)}`),
  ].join('\n');
}

function describeSplit({ cutAt, healedAt, wholeAt, sideOf, renewedAt }: Split, { letters }: SimMesh): string {
  const sides = letters.map((letter) => `${letter}${sideOf(letter)}`).join(' ');
  const renewed = [...(renewedAt ?? [])].map(([letter, at]) => `${letter} ${at.toFixed(1)}`).join(', ');
  return `split ${cutAt.toFixed(1)}-${healedAt.toFixed(1)}, whole at ${wholeAt.toFixed(1)}: ${sides}; serving anew: ${renewed}`;
}

function standing(mesh: SimMesh): string {
  return mesh.letters
    .map((letter) => {
      const node = mesh.nodeOf(letter);
      if (node === undefined) return `${letter} does not run`;
      const peers = node.members.letters.map(
        (peer) => `${peer}=${node.members.stateOf(peer).kind}${node.isLinkedTo(peer) ? '' : '(no link)'}`,
      );
      return `${letter} ${node.tenure.phase} ${peers.join(' ')}`;
    })
    .join('; ');
}
