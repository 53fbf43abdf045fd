import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { Members } from '../../../src/membership/members.ts';
import type { Asker } from '../../../src/mesh/in-flight.ts';
import type { PeerAnswer, PeerRequest } from '../../../src/mesh/message.ts';
import { Forwarder } from '../../../src/routing/forwarder.ts';
import { LocalExecutor } from '../../../src/routing/local-executor.ts';
import { Router } from '../../../src/routing/router.ts';
import type { SessionCommand } from '../../../src/session/command.ts';
import type { ItemOperation } from '../../../src/session/item-operation.ts';
import { LetterMap } from '../../../src/session/letter.ts';
import type { Reply } from '../../../src/session/reply.ts';
import { Estate } from '../../../src/standin/estate.ts';
import { Estates } from '../../../src/standin/estates.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { letter } from '../../support/mesh-messages.ts';
import { GET, ID, setUpItems, store } from '../engine/item-setup.ts';
import { KEPT } from '../membership/membership-setup.ts';
import { ledgerOf } from '../../support/minted-ids.ts';

const [A, B] = [letter('a'), letter('b')];
const OPERATION_MS = 250;
const HARD_CAP_MS = 500;
const PEERS = 'b0123456789abcdefghijklmnop';

interface RouterSetup {
  readonly router: Router;
  readonly clock: FakeClock;
  readonly members: Members;
  /** What was sent to the peer, and how much time it was given. */
  readonly sent: { readonly request: PeerRequest; readonly forMs: number }[];
  /** `resets owner-dead` and the like, in order. */
  readonly counted: string[];
}

/** A node a, whose peer b answers everything with `reply`. */
function setUp(reply: Reply = { kind: 'answered', answer: { kind: 'miss' } }): RouterSetup {
  const clock = new FakeClock();
  const log = pino({ level: 'silent' });
  const sent: RouterSetup['sent'] = [];
  const counted: string[] = [];
  const count = (name: string, labels: Record<string, string>): void => {
    if (name === 'resets') counted.push(`${name} ${labels['reason'] ?? ''}`);
  };
  const address = { host: '127.0.0.1', port: 7421 };
  const map = new LetterMap(new Map([A, B].map((each) => [each, address])));
  const metrics = { count, set: () => undefined };
  const members = new Members({ letter: A, map, remembered: () => 5, clock, log, metrics, onChange: () => undefined });
  const estates = new Estates(
    () =>
      new Estate({
        shelf: setUpItems({ clock, at: 'b' }).engine,
        ledger: ledgerOf(10),
        aliasMs: 1000,
        clock,
        onNoted: () => undefined,
      }),
    () => 5,
  );
  const tenure = {
    incarnation: 1,
    phase: 'serving',
    isSure: () => true,
    maySoonAnswer: () => Promise.resolve(true),
  } as const;
  const executor = new LocalExecutor({ engine: setUpItems({ clock }).engine, estates, tenure, livesFile: KEPT });
  const request = (asked: PeerRequest, deadlineAt: number): Promise<PeerAnswer> => {
    sent.push({ request: asked, forMs: deadlineAt - clock.monotonic() });
    return Promise.resolve({ kind: 'reply', id: PEERS, executorIncarnation: 5, reply });
  };
  const link = {
    state: { kind: 'closed', why: 'not looked at' },
    ask: (asked: PeerRequest, deadlineAt: number, asker: Asker) =>
      void request(asked, deadlineAt).then((answer) => asker.onAnswer(answer)),
    request,
    drop: () => undefined,
    nudge: () => undefined,
  } as const;
  const forwarder = new Forwarder({ links: () => link, clock, metrics, inFlightPerLink: 16 });
  const timings = {
    ...{ pingMs: 50, suspectAfterMs: 150, deadAfterMs: 400, operationMs: OPERATION_MS, hardCapMs: HARD_CAP_MS },
    ...{ storeMs: 100, dialMs: 500, joinPatienceMs: 5000, pauseMs: 3000 },
  };
  const router = new Router({ letter: A, map, members, executor, forwarder, timings, clock, log, metrics });
  return { router, clock, members, sent, counted };
}

function alive({ members }: RouterSetup): void {
  members.apply(B, { kind: 'answered', incarnation: 5, mayReturn: false }, 'it answers');
}

function dead({ members }: RouterSetup): void {
  members.apply(B, { kind: 'convicted', incarnation: 5 }, 'the test says so');
}

function item(id: string, operation: ItemOperation): SessionCommand {
  return { kind: 'item', id, isSession: true, operation };
}

const LOCK: SessionCommand = { kind: 'lock', id: PEERS, waitMs: 3000, holdMs: 0, holder: A };

describe('an item', () => {
  test('of our own is answered here', async () => {
    const setup = setUp();
    expect(await setup.router.dispatch(item(ID, store('set', 'v')))).toMatchObject({ answer: { kind: 'stored' } });
    expect(await setup.router.dispatch(item(ID, GET))).toMatchObject({ answer: { kind: 'hit' } });
    expect(setup.sent).toEqual([]);
  });

  test("of a peer's is sent to it as it is, and its answer comes back as it is", async () => {
    const reply: Reply = { kind: 'answered', answer: { kind: 'stored', cas: 9 } };
    const setup = setUp(reply);
    alive(setup);
    const command = item(PEERS, store('set', 'v'));
    expect(await setup.router.dispatch(command)).toEqual(reply);
    expect(setup.sent).toMatchObject([{ request: { kind: 'execute', route: 'owner', command }, forMs: OPERATION_MS }]);
  });

  test('of a dead owner is answered by its stand-in', async () => {
    const setup = setUp();
    dead(setup);
    const missed = { kind: 'answered', answer: { kind: 'miss' }, reason: 'owner-dead' };
    expect(await setup.router.dispatch(item(PEERS, GET))).toEqual(missed);
    expect(await setup.router.dispatch(item(PEERS, store('set', 'v')))).toMatchObject({ answer: { kind: 'stored' } });
    expect(setup.sent).toEqual([]);
  });
});

describe('S9 explained: a miss', () => {
  test('of an item counts as a reset only where its owner is dead: a cache misses all day', async () => {
    const setup = setUp();
    alive(setup);
    await setup.router.dispatch(item(ID, GET));
    await setup.router.dispatch(item(PEERS, GET));
    expect(setup.counted).toEqual([]);
    dead(setup);
    await setup.router.dispatch(item(PEERS, GET));
    await setup.router.dispatch(item(PEERS, store('set', 'v')));
    await setup.router.dispatch(item(PEERS, GET));
    expect(setup.counted).toEqual(['resets owner-dead']);
  });

  test('that another node answers in place of a dead owner counts as well', async () => {
    const setup = setUp({ kind: 'answered', answer: { kind: 'miss' }, reason: 'owner-dead' });
    alive(setup);
    await setup.router.dispatch(item(PEERS, GET));
    expect(setup.counted).toEqual(['resets owner-dead']);
  });

  test('of anything else counts with its reason, as ever', async () => {
    const setup = setUp();
    await setup.router.dispatch({ kind: 'get', id: ID });
    expect(setup.counted).toEqual(['resets unknown']);
  });
});

describe('S6 bounded: a lock', () => {
  test('may take as long as it waits, and an operation more', async () => {
    const setup = setUp({ kind: 'refused', code: 'LOCK_TIMEOUT' });
    alive(setup);
    expect(await setup.router.dispatch(LOCK)).toEqual({ kind: 'refused', code: 'LOCK_TIMEOUT' });
    expect(setup.sent).toMatchObject([{ request: { command: LOCK }, forMs: 3000 + OPERATION_MS }]);
  });

  test('whose owner nobody can ask is given up at the cap, its wait included', async () => {
    const setup = setUp();
    let reply: Reply | undefined;
    const asked = Promise.resolve(setup.router.dispatch(LOCK)).then((answer) => (reply = answer));
    for (let passed = 0; passed < 3000 + HARD_CAP_MS; passed += 25) {
      expect(reply).toBeUndefined();
      setup.clock.advance(25);
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    }
    expect(await asked).toEqual({ kind: 'unavailable', code: 'OWNER_UNREACHABLE' });
    expect(setup.sent).toEqual([]);
  });
});
