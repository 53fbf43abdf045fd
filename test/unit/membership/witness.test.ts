import { describe, expect, test } from 'vitest';
import { Lives } from '../../../src/membership/lives.ts';
import { Members } from '../../../src/membership/members.ts';
import { Registrar } from '../../../src/membership/registrar.ts';
import { NO_SILENCE, type Silence } from '../../../src/membership/silence.ts';
import { answerBy } from '../../../src/mesh/request-table.ts';
import { Witness, type WitnessKind } from '../../../src/membership/witness.ts';
import type { LifeHistory, PeerAnswer, RequestOf, Phase } from '../../../src/mesh/message.ts';
import type { Letter } from '../../../src/session/letter.ts';
import { Estate } from '../../../src/standin/estate.ts';
import { Estates } from '../../../src/standin/estates.ts';
import { FakeClock, settled } from '../../support/fake-clock.ts';
import { letterOf, mapOf } from '../session/letters.ts';
import { helloOf, NO_METRICS, ScriptedLinks, SILENT, TIMINGS, type ScriptedLink } from './membership-setup.ts';
import { ledgerOf } from '../../support/minted-ids.ts';

type WitnessRequest = RequestOf<WitnessKind>;

const [A, B, C, D] = [letterOf('a'), letterOf('b'), letterOf('c'), letterOf('d')];
/** Our own life, and each peer's. */
const LIFE = 10;
const THEIRS = 20;

interface Scene {
  readonly clock: FakeClock;
  readonly members: Members;
  readonly lives: Lives;
  readonly estates: Estates;
  readonly witness: Witness;
  readonly link: (peer: Letter) => ScriptedLink;
  readonly begunAnew: Letter[];
  /** Whether the last dial of each peer was refused. */
  isRefused: boolean;
  readonly calls: [Letter, number][];
  readonly ask: (from: Letter, request: WitnessRequest) => Promise<PeerAnswer>;
  phase: Phase;
  isSure: boolean;
  silence: Silence;
  /** Whether this process has written its file of lives. */
  hasWritten: boolean;
  /** Resolves when what changed is on disk. */
  written: Promise<boolean>;
}

/** Node a, that serves and is sure, with every peer alive and witnessed. */
function setUp(text?: string): Scene {
  const clock = new FakeClock();
  const map = mapOf('abcd');
  const lives = new Lives({ text });
  const estates = new Estates(
    (owner, isComplete) =>
      new Estate({
        shelf: {
          execute: (command) => Promise.resolve({ kind: 'done', id: command.id, version: 1, ttlSeconds: 60 }),
          settle: () => Promise.resolve(),
          releaseLocksOf: () => undefined,
          handBack: (id) => Promise.resolve({ kind: 'reset', id }),
        },
        ledger: ledgerOf(10, { isComplete }),
        aliasMs: 60_000,
        clock,
        onNoted: () => lives.touch(owner),
      }),
    (owner) => lives.of(owner)?.incarnation ?? 0,
  );
  const registrar = new Registrar({ letter: A, map, lives, estates });
  const members: Members = new Members({
    ...{ letter: A, map, clock, log: SILENT, metrics: NO_METRICS },
    remembered: (peer) => lives.of(peer)?.incarnation ?? 0,
    onChange: (peer, _from, to) => registrar.register(peer, to, members),
  });
  const links = new ScriptedLinks(A, map, clock);
  for (const each of links.all()) each.goDown();
  const link = (peer: Letter): ScriptedLink => links.to(peer);
  const scene: Scene = {
    ...{ clock, members, lives, estates, link, begunAnew: [], calls: [], phase: 'serving', isSure: true },
    silence: NO_SILENCE,
    isRefused: false,
    hasWritten: true,
    written: Promise.resolve(true),
    ask: (from, request) => Promise.resolve(answerBy(scene.witness.answers, helloOf(from, THEIRS), request)),
    witness: new Witness({
      ...{ letter: A, map, members, links: link, lives, estates, timings: TIMINGS, clock },
      livesFile: {
        get hasWritten() {
          return scene.hasWritten;
        },
        settled: () => scene.written,
      },
      detector: {
        silenceOf: () => scene.silence,
        heardFrom: (peer, incarnation) => void scene.calls.push([peer, incarnation]),
        beginAnew: (peer) => void scene.begunAnew.push(peer),
        isRefusing: () => scene.isRefused,
      },
      tenure: {
        incarnation: LIFE,
        get phase() {
          return scene.phase;
        },
        isSure: () => scene.isSure,
      },
    }),
  };
  return scene;
}

/** The same with every peer met and witnessed. */
function setUpAmongPeers(): Scene {
  const scene = setUp();
  for (const peer of scene.members.letters) {
    scene.members.apply(peer, { kind: 'answered', incarnation: THEIRS, mayReturn: false }, 'it answers');
    scene.lives.witness(peer, THEIRS);
  }
  return scene;
}

function declareDead({ members }: Scene, peer: Letter, incarnation = THEIRS): void {
  members.apply(peer, { kind: 'convicted', incarnation }, 'dead');
}

async function historyFor(
  scene: Scene,
  from: Letter,
  priorIncarnation = THEIRS,
  settled = priorIncarnation,
): Promise<LifeHistory> {
  const answer = await scene.ask(from, {
    ...{ kind: 'join', incarnation: THEIRS + 1, priorIncarnation, settled },
  });
  if (answer.kind !== 'history') throw new TypeError(`a join is answered with ${answer.kind}`);
  return answer.history;
}

describe('a ping', () => {
  const ping = (incarnation = THEIRS): WitnessRequest => ({ kind: 'ping', incarnation });

  test('is answered with our life and phase, and is a sign of life', async () => {
    const scene = setUpAmongPeers();
    expect(await scene.ask(B, ping())).toEqual({ kind: 'pong', verdict: 'alive', incarnation: LIFE, phase: 'serving' });
    expect(scene.calls).toEqual([[B, THEIRS]]);
  });

  test('of a life that we declared dead is told so, and so is one of an earlier life', async () => {
    const scene = setUpAmongPeers();
    declareDead(scene, B);
    expect(await scene.ask(B, ping())).toMatchObject({ verdict: 'dead' });
    expect(await scene.ask(B, ping(THEIRS - 1))).toMatchObject({ verdict: 'dead' });
    expect(await scene.ask(B, ping(THEIRS + 1))).toMatchObject({ verdict: 'unknown' });
  });

  test('of a life that we declared dead before a restart is told so as well', async () => {
    const before = setUp();
    declareDead(before, B);
    const restarted = setUp(before.lives.text);
    expect(restarted.members.stateOf(B)).toMatchObject({ kind: 'suspect', incarnation: THEIRS });
    expect(await restarted.ask(B, ping())).toMatchObject({ verdict: 'dead' });
  });

  test('is confirmed by nobody who is not sure of itself', async () => {
    const scene = setUpAmongPeers();
    scene.isSure = false;
    expect(await scene.ask(B, ping())).toMatchObject({ verdict: 'unknown', phase: 'serving' });
  });

  test('of a life that began, or was judged, while we were away is not confirmed', async () => {
    const scene = setUpAmongPeers();
    scene.lives.forgetWitnessed();
    expect(await scene.ask(B, ping())).toMatchObject({ verdict: 'unknown' });
  });

  test('of a life that is just taking its last step is not confirmed yet', async () => {
    const scene = setUpAmongPeers();
    await scene.ask(B, { kind: 'hold', incarnation: THEIRS + 1 });
    expect(await scene.ask(B, ping(THEIRS + 1))).toMatchObject({ verdict: 'unknown' });
  });
});

describe('an accusation', () => {
  const accuse = (of: Letter, evidence: 'silence' | 'refused', isPoll = false): WitnessRequest => ({
    kind: 'accuse',
    ...{ letter: of, incarnation: THEIRS, evidence, isPoll },
  });

  test('of silence is denied where we have heard from the accused, with how long ago', async () => {
    const scene = setUpAmongPeers();
    scene.silence = { pathMs: 1000, lifeMs: 299.4 };
    expect(await scene.ask(B, accuse(C, 'silence'))).toEqual({
      kind: 'verdict',
      agreed: false,
      heardAgoMs: 299,
      incarnation: THEIRS,
    });
    expect(scene.members.stateOf(C).kind).toBe('alive');
  });

  test('of silence is shared from two pings before the death of it, and then it is dead for us too', async () => {
    const scene = setUpAmongPeers();
    scene.silence = { pathMs: 300, lifeMs: 300 };
    expect(await scene.ask(B, accuse(C, 'silence'))).toMatchObject({ agreed: true });
    expect(scene.members.stateOf(C)).toEqual({ kind: 'dead', incarnation: THEIRS });
  });

  test('that is only a poll changes nothing, whatever we say', async () => {
    const scene = setUpAmongPeers();
    scene.silence = { pathMs: 300, lifeMs: 300 };
    expect(await scene.ask(B, accuse(C, 'silence', true))).toMatchObject({ agreed: true });
    expect(scene.members.stateOf(C).kind).toBe('alive');
  });

  test('of refusing is shared only with evidence of our own: a firewall may refuse the accuser alone', async () => {
    const scene = setUpAmongPeers();
    scene.link(C).goUp();
    expect(await scene.ask(B, accuse(C, 'refused'))).toMatchObject({ agreed: false });
    // Our link is just being dialled anew, and a moment ago we may have told it that we consider it alive.
    scene.link(C).goDown();
    expect(await scene.ask(B, accuse(C, 'refused'))).toMatchObject({ agreed: false });
    scene.isRefused = true;
    expect(await scene.ask(B, accuse(C, 'refused'))).toMatchObject({ agreed: true });
  });

  test('of refusing is shared as well where we have not heard from it for as long as silence takes', async () => {
    const scene = setUpAmongPeers();
    scene.link(C).goDown();
    scene.silence = { pathMs: 1000, lifeMs: TIMINGS.deadAfterMs };
    expect(await scene.ask(B, accuse(C, 'refused'))).toMatchObject({ agreed: true });
  });

  test('of silence needs three times as long while a peer restarts on purpose: there is a witness less', async () => {
    const scene = setUpAmongPeers();
    const until = scene.clock.monotonic() + 3000;
    scene.members.apply(D, { kind: 'paused', incarnation: THEIRS, until }, 'it restarts and asked for patience');
    scene.silence = { pathMs: 1000, lifeMs: TIMINGS.deadAfterMs };
    expect(await scene.ask(B, accuse(C, 'silence'))).toMatchObject({ agreed: false });
    scene.silence = { pathMs: 3000, lifeMs: 3 * TIMINGS.deadAfterMs };
    expect(await scene.ask(B, accuse(C, 'silence'))).toMatchObject({ agreed: true });
  });

  test('of ourselves, or of a letter that is in no map, is denied', async () => {
    const scene = setUpAmongPeers();
    expect(await scene.ask(B, accuse(A, 'refused'))).toMatchObject({ agreed: false, incarnation: LIFE });
    expect(await scene.ask(B, accuse(letterOf('z'), 'refused'))).toMatchObject({ agreed: false });
  });

  test('of a dead one is shared, and of one that has a later life denied', async () => {
    const scene = setUpAmongPeers();
    declareDead(scene, C);
    scene.members.apply(D, { kind: 'answered', incarnation: THEIRS + 1, mayReturn: false }, 'later');
    expect(await scene.ask(B, accuse(C, 'silence'))).toMatchObject({ agreed: true });
    expect(await scene.ask(B, accuse(D, 'refused'))).toMatchObject({ agreed: false, incarnation: THEIRS + 1 });
  });

  test('in the name of a former life, of one that died in a later one, is shared', async () => {
    const scene = setUpAmongPeers();
    declareDead(scene, C, THEIRS + 1);
    expect(await scene.ask(B, accuse(C, 'silence'))).toMatchObject({ agreed: true, incarnation: THEIRS + 1 });
  });

  test('of the very life that is just coming back is denied: it has spoken to us a moment ago', async () => {
    const scene = setUpAmongPeers();
    scene.silence = { pathMs: 1000, lifeMs: 1000 };
    await scene.ask(C, { kind: 'hold', incarnation: THEIRS + 1 });
    const accusation = { kind: 'accuse', letter: C, incarnation: THEIRS + 1, isPoll: false } as const;
    for (const evidence of ['silence', 'refused'] as const) {
      expect(await scene.ask(B, { ...accusation, evidence })).toMatchObject({ agreed: false });
    }
    expect(scene.members.stateOf(C).kind).toBe('returning');
  });

  test('of one that is just coming back, or asked for patience, is denied', async () => {
    const scene = setUpAmongPeers();
    scene.silence = { pathMs: 1000, lifeMs: 1000 };
    await scene.ask(C, { kind: 'pause', incarnation: THEIRS, forMs: 2000 });
    await scene.ask(D, { kind: 'hold', incarnation: THEIRS });
    expect(await scene.ask(B, accuse(C, 'silence'))).toMatchObject({ agreed: false });
    scene.members.apply(D, { kind: 'held', incarnation: THEIRS + 1 }, 'it takes its letter over');
    expect(await scene.ask(B, accuse(D, 'silence'))).toMatchObject({ agreed: false });
    scene.clock.advance(2000);
    expect(await scene.ask(B, accuse(C, 'silence'))).toMatchObject({ agreed: true });
  });
});

describe('a joining node asks what happened on its behalf', () => {
  test('kept: we saw its former life alive throughout', async () => {
    expect(await historyFor(setUpAmongPeers(), B)).toEqual({
      ...{ isInformed: true, serving: LIFE, verdict: 'kept', estates: [], notBeforeMs: 0 },
      ...{ highestIncarnation: THEIRS, dead: [], settled: 0, recalls: THEIRS },
    });
  });

  test('dead: with the estate that we opened', async () => {
    const scene = setUpAmongPeers();
    declareDead(scene, B);
    expect(await historyFor(scene, B)).toMatchObject({ verdict: 'dead', estates: [{ letter: B, complete: true }] });
  });

  test('forgotten: a life that we did not witness, or another one than it means', async () => {
    const scene = setUpAmongPeers();
    expect(await historyFor(scene, B, THEIRS - 1)).toMatchObject({ verdict: 'forgotten' });
    scene.lives.forgetWitnessed();
    expect(await historyFor(scene, B)).toMatchObject({ verdict: 'forgotten' });
  });

  test('we say that we are not informed where we do not serve, or are not sure of it', async () => {
    const scene = setUpAmongPeers();
    scene.isSure = false;
    expect(await historyFor(scene, B)).toMatchObject({ isInformed: false, serving: LIFE, verdict: 'kept' });
    scene.phase = 'joining';
    expect(await historyFor(scene, B)).toMatchObject({ isInformed: false, serving: 0, verdict: 'kept' });
  });

  test('the other dead are named with their lives, also those that we knew before a restart', async () => {
    const before = setUp();
    declareDead(before, C);
    expect(await historyFor(before, B)).toMatchObject({ dead: [{ letter: C, incarnation: THEIRS }] });
    const restarted = setUp(before.lives.text);
    expect(await historyFor(restarted, B)).toMatchObject({ dead: [{ letter: C, incarnation: THEIRS }] });
    restarted.members.apply(C, { kind: 'held', incarnation: THEIRS + 1 }, 'it takes its letter over');
    expect(await historyFor(restarted, B)).toMatchObject({ dead: [] });
  });

  test('it is not told of its own death among the others, and begins above the life that it tried last', async () => {
    const scene = setUpAmongPeers();
    declareDead(scene, B);
    expect(await historyFor(scene, B)).toMatchObject({ dead: [], highestIncarnation: THEIRS });
    await scene.ask(B, { kind: 'hold', incarnation: THEIRS + 5 });
    expect(await historyFor(scene, B)).toMatchObject({ highestIncarnation: THEIRS + 5 });
  });

  test('what was done in the name of an earlier life is offered until it has settled with us, over our restarts as well', async () => {
    const before = setUp();
    declareDead(before, B);
    await before.estates.begin(B, true).execute({ kind: 'get', id: 'b-one' }, Infinity);
    declareDead(before, B, THEIRS + 1);
    const offered = async (scene: Scene, settled: number): Promise<string[]> => {
      const { estates } = await historyFor(scene, B, THEIRS + 1, settled);
      return estates.map(({ life, isClosed, complete }) => `${life} ${isClosed ? 'closed' : 'open'} ${complete}`);
    };
    const ofPresent = `${THEIRS + 1} open true`;
    expect(await offered(before, THEIRS)).toEqual([ofPresent, `${THEIRS} closed true`]);
    // It settled with us in a life of which we never heard, while we did not run: what this process did came after that.
    expect(await offered(before, THEIRS + 1)).toEqual([ofPresent, `${THEIRS} closed true`]);
    expect(await offered(before, THEIRS + 5)).toEqual([ofPresent, `${THEIRS} closed true`]);
    const restarted = setUp(before.lives.text);
    declareDead(restarted, B, THEIRS + 1);
    expect(await offered(restarted, THEIRS)).toContain(`${THEIRS} open false`);
    expect(await offered(restarted, THEIRS + 1)).not.toContain(`${THEIRS} open false`);
    // Only in its present life may anybody else go on from it.
    const { estates } = await historyFor(before, C);
    expect(estates.map(({ life }) => life)).not.toContain(THEIRS);
  });

  test('an estate in which we acted and that a restart closed is offered as one with gaps', async () => {
    const before = setUp();
    declareDead(before, B);
    await before.estates.get(B)?.execute({ kind: 'get', id: 'b-1' }, Infinity);
    expect(await historyFor(before, B)).toMatchObject({ estates: [{ letter: B, complete: true }] });
    expect(await historyFor(setUp(before.lives.text), B)).toMatchObject({ estates: [{ letter: B, complete: false }] });
  });

  test('an estate that forgets what was done under ids which no node minted is offered as one that does', async () => {
    const scene = setUp();
    declareDead(scene, B);
    scene.estates.get(B)?.forgetUnminted();
    expect(await historyFor(scene, B)).toMatchObject({
      estates: [{ letter: B, complete: true, forgetsUnminted: true }],
    });
  });

  test('estates of others are offered to the one that stands before us', async () => {
    const scene = setUpAmongPeers();
    declareDead(scene, C);
    declareDead(scene, D);
    // d stands in for c when it is back, and a until then.
    expect(await historyFor(scene, D)).toMatchObject({
      estates: [
        { letter: C, complete: false },
        { letter: D, complete: true },
      ],
    });
    expect((await historyFor(scene, B)).estates).toEqual([]);
  });

  test('a node that died often of late is told to wait', async () => {
    const scene = setUpAmongPeers();
    for (let death = 0; death < 3; death += 1) scene.witness.noteDeath(B);
    scene.clock.advance(100);
    expect(await historyFor(scene, B)).toMatchObject({ notBeforeMs: 400 });
    expect(await historyFor(scene, C)).toMatchObject({ notBeforeMs: 0 });
  });

  test('those that died often, each time all at once, are not: rather we were cut off', async () => {
    const scene = setUpAmongPeers();
    for (let split = 1; split <= 3; split += 1) {
      for (const letter of [B, C, D]) {
        declareDead(scene, letter);
        scene.witness.noteDeath(letter);
      }
      for (const letter of [B, C, D]) {
        expect(await historyFor(scene, letter)).toMatchObject({ notBeforeMs: 0 });
        scene.members.apply(letter, { kind: 'held', incarnation: THEIRS + split }, 'test');
        scene.members.apply(letter, { kind: 'released', incarnation: THEIRS + split }, 'test');
      }
    }
  });
});

describe('O1: what binds us is on disk before a peer hears of it', () => {
  test.each([
    ['a vote', { kind: 'accuse', letter: C, incarnation: THEIRS, evidence: 'silence', isPoll: false }],
    ['a history', { kind: 'join', incarnation: THEIRS + 1, priorIncarnation: THEIRS, settled: THEIRS }],
    ['a hold', { kind: 'hold', incarnation: THEIRS + 1 }],
    ['a release', { kind: 'release', incarnation: THEIRS }],
  ] as const)('%s', async (_what, request) => {
    const scene = setUpAmongPeers();
    let write: (isWritten: boolean) => void = () => undefined;
    scene.written = new Promise((resolve) => (write = resolve));
    let answer: PeerAnswer | undefined;
    void scene.ask(B, request).then((known) => (answer = known));
    await settled();
    expect(answer).toBeUndefined();
    write(true);
    await settled();
    expect(answer).toBeDefined();
  });

  test('a pong binds nobody, and waits for no disk', async () => {
    const scene = setUpAmongPeers();
    scene.written = new Promise(() => undefined);
    expect(await scene.ask(B, { kind: 'ping', incarnation: THEIRS })).toMatchObject({ verdict: 'alive' });
  });

  test('before this process has written its file, what that says of a life is not vouched for', async () => {
    const scene = setUpAmongPeers();
    expect(await historyFor(scene, B)).toMatchObject({ verdict: 'kept' });
    scene.hasWritten = false;
    expect(await historyFor(scene, B)).toMatchObject({ verdict: 'forgotten' });
  });
});

describe('the last steps of joining', () => {
  test('what was done is collected page by page', async () => {
    const scene = setUpAmongPeers();
    declareDead(scene, B);
    await scene.estates.get(B)?.execute({ kind: 'get', id: 'b-1' }, Infinity);
    const account = (await historyFor(scene, B)).estates[0]?.account ?? 0;
    const collect = { kind: 'collect', incarnation: THEIRS + 1, letter: B, account, cursor: 0 } as const;
    expect(await scene.ask(B, collect)).toEqual({
      kind: 'entries',
      entries: [{ kind: 'reset', id: 'b-1' }],
      nextCursor: 1,
      more: false,
    });
    expect(await scene.ask(B, { ...collect, letter: C, cursor: 7 })).toEqual({
      kind: 'entries',
      entries: [],
      nextCursor: 7,
      more: false,
    });
  });

  test('hold is refused to a life that is not later than the one that we know', async () => {
    const scene = setUpAmongPeers();
    expect(await scene.ask(B, { kind: 'hold', incarnation: THEIRS })).toEqual({
      kind: 'acknowledged',
      accepted: false,
    });
    expect(scene.members.stateOf(B).kind).toBe('alive');
  });

  test('hold is acknowledged when what had begun on its behalf is finished', async () => {
    const scene = setUpAmongPeers();
    declareDead(scene, B);
    const estate = scene.estates.get(B);
    let finish: () => void = () => undefined;
    if (estate !== undefined) estate.quiet = () => new Promise((resolve) => (finish = resolve));
    let isDone = false;
    const held = scene.ask(B, { kind: 'hold', incarnation: THEIRS + 1 }).then((answer) => {
      isDone = true;
      return answer;
    });
    await settled();
    expect([isDone, scene.members.stateOf(B).kind]).toEqual([false, 'returning']);
    finish();
    expect(await held).toEqual({ kind: 'acknowledged', accepted: true });
  });

  test('hold waits for what had begun in the name of any other too: it may be the one to take that over', async () => {
    const scene = setUpAmongPeers();
    declareDead(scene, D);
    declareDead(scene, C);
    const estate = scene.estates.get(C);
    let finish: () => void = () => undefined;
    if (estate !== undefined) estate.quiet = () => new Promise((resolve) => (finish = resolve));
    let isDone = false;
    const held = scene.ask(D, { kind: 'hold', incarnation: THEIRS + 1 }).then(() => (isDone = true));
    await settled();
    expect(isDone).toBe(false);
    finish();
    expect(await held).toBe(true);
  });

  test('hold that is asked for again lasts a second from then on', async () => {
    const scene = setUpAmongPeers();
    declareDead(scene, B);
    await scene.ask(B, { kind: 'hold', incarnation: THEIRS + 1 });
    await scene.clock.advanceSettling(900);
    await scene.ask(B, { kind: 'hold', incarnation: THEIRS + 1 });
    await scene.clock.advanceSettling(999);
    expect(scene.members.stateOf(B).kind).toBe('returning');
    await scene.clock.advanceSettling(1);
    expect(scene.members.stateOf(B).kind).toBe('dead');
  });

  test('hold ends by itself after a second, and the release comes too late', async () => {
    const scene = setUpAmongPeers();
    declareDead(scene, B);
    await scene.ask(B, { kind: 'hold', incarnation: THEIRS + 1 });
    await scene.clock.advanceSettling(1000);
    expect(scene.members.stateOf(B)).toEqual({ kind: 'dead', incarnation: THEIRS });
    expect(await scene.ask(B, { kind: 'release', incarnation: THEIRS + 1 })).toEqual({
      kind: 'acknowledged',
      accepted: false,
    });
  });

  test('release makes it alive, witnessed, without the silence of its former life, and closes what was handed over', async () => {
    const scene = setUpAmongPeers();
    declareDead(scene, D);
    declareDead(scene, C);
    await scene.ask(D, { kind: 'hold', incarnation: THEIRS + 1 });
    expect(await scene.ask(D, { kind: 'release', incarnation: THEIRS + 1 })).toEqual({
      kind: 'acknowledged',
      accepted: true,
    });
    expect(scene.members.stateOf(D)).toEqual({ kind: 'alive', incarnation: THEIRS + 1 });
    expect(scene.lives.of(D)).toMatchObject({ incarnation: THEIRS + 1, state: 'alive', isWitnessed: true });
    expect(scene.begunAnew).toEqual([D]);
    // d stands in for c from now on, and has taken over what we did.
    expect([scene.estates.get(C), scene.estates.get(D)]).toEqual([undefined, undefined]);
    await scene.clock.advanceSettling(1000);
    expect(scene.members.stateOf(D).kind).toBe('alive');
  });

  test('release that is asked for again, because the answer was lost, is acknowledged again, and changes nothing', async () => {
    const scene = setUpAmongPeers();
    declareDead(scene, D);
    declareDead(scene, C);
    await scene.ask(D, { kind: 'hold', incarnation: THEIRS + 1 });
    await scene.ask(D, { kind: 'release', incarnation: THEIRS + 1 });
    // c begins to come back between the two.
    await scene.ask(C, { kind: 'hold', incarnation: THEIRS + 1 });
    expect(await scene.ask(D, { kind: 'release', incarnation: THEIRS + 1 })).toMatchObject({ accepted: true });
    expect(scene.members.stateOf(C).kind).toBe('returning');
    expect(scene.begunAnew).toEqual([D]);
  });

  test('release is refused to a life that was declared dead since it was released', async () => {
    const scene = setUpAmongPeers();
    declareDead(scene, D);
    await scene.ask(D, { kind: 'hold', incarnation: THEIRS + 1 });
    await scene.ask(D, { kind: 'release', incarnation: THEIRS + 1 });
    scene.members.apply(D, { kind: 'convicted', incarnation: THEIRS + 1 }, 'test');
    expect(await scene.ask(D, { kind: 'release', incarnation: THEIRS + 1 })).toMatchObject({ accepted: false });
  });

  test('the estate of an owner that is just coming back goes to a stand-in that is faster, and the owner begins again', async () => {
    const scene = setUpAmongPeers();
    declareDead(scene, D);
    declareDead(scene, C);
    await scene.ask(C, { kind: 'hold', incarnation: THEIRS + 1 });
    expect((await historyFor(scene, D)).estates).toMatchObject([{ letter: C }, { letter: D }]);
    await scene.ask(D, { kind: 'hold', incarnation: THEIRS + 1 });
    await scene.ask(D, { kind: 'release', incarnation: THEIRS + 1 });
    expect(scene.estates.get(C)).toBeUndefined();
    expect(scene.members.stateOf(C)).toEqual({ kind: 'dead', incarnation: THEIRS });
    expect(await scene.ask(C, { kind: 'release', incarnation: THEIRS + 1 })).toMatchObject({ accepted: false });
  });

  test('release of a life that was not held is refused', async () => {
    const scene = setUpAmongPeers();
    declareDead(scene, B);
    expect(await scene.ask(B, { kind: 'release', incarnation: THEIRS + 1 })).toMatchObject({ accepted: false });
    expect(scene.members.stateOf(B).kind).toBe('dead');
  });
});

describe('farewells', () => {
  test('goodbye: it has left, and its estate is open', async () => {
    const scene = setUpAmongPeers();
    expect(await scene.ask(B, { kind: 'goodbye', incarnation: THEIRS })).toMatchObject({ accepted: true });
    expect(scene.members.stateOf(B)).toEqual({ kind: 'left', incarnation: THEIRS });
    expect(scene.estates.get(B)?.isComplete).toBe(true);
  });

  test('pause: patience, for no longer than our own timings allow', async () => {
    const scene = setUpAmongPeers();
    expect(await scene.ask(B, { kind: 'pause', incarnation: THEIRS, forMs: 3_600_000 })).toMatchObject({
      accepted: true,
    });
    expect(scene.members.stateOf(B)).toMatchObject({
      kind: 'suspect',
      pausedUntil: scene.clock.monotonic() + TIMINGS.pauseMs,
    });
    expect(await scene.ask(B, { kind: 'pause', incarnation: THEIRS - 1, forMs: 1 })).toMatchObject({ accepted: false });
  });
});
