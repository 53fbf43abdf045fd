import { describe, expect, test } from 'vitest';
import { Tenure } from '../../../src/membership/tenure.ts';
import { FakeClock, settled } from '../../support/fake-clock.ts';
import { logInto, SILENT, type LogLine } from './membership-setup.ts';

const FENCE_MS = 250;
const LIFE = 10;

interface Scene {
  readonly clock: FakeClock;
  readonly tenure: Tenure;
  readonly losses: string[];
  readonly lines: LogLine[];
  asked: number;
  hasPeers: boolean;
}

/** A node that serves since now, with a peer. */
function serving({ isLogged = false } = {}): Scene {
  const clock = new FakeClock();
  const lines: LogLine[] = [];
  const log = logInto(lines);
  const losses: string[] = [];
  const scene: Scene = {
    clock,
    losses,
    lines,
    asked: 0,
    hasPeers: true,
    tenure: new Tenure(LIFE, {
      clock,
      log: isLogged ? log : SILENT,
      fenceAfterMs: FENCE_MS,
      hasPeers: () => scene.hasPeers,
      askAgainMs: 50,
      askPeers: () => (scene.asked += 1),
      onLost: (why) => losses.push(why),
    }),
  };
  scene.tenure.serve(clock.monotonic());
  return scene;
}

test('a node that leaves does not come back, whatever a join that was under way comes to', () => {
  const { tenure } = serving();
  tenure.leave();
  tenure.rejoin(LIFE + 1, 'a peer remembers a later life');
  tenure.serve(0);
  expect([tenure.phase, tenure.incarnation]).toEqual(['leaving', LIFE]);
});

describe('the right to answer for the own letter', () => {
  test('a node that is joining is never sure', () => {
    const clock = new FakeClock();
    const tenure = new Tenure(LIFE, {
      ...{ clock, log: SILENT, fenceAfterMs: FENCE_MS },
      ...{ askAgainMs: 50, hasPeers: () => false, askPeers: () => undefined, onLost: () => undefined },
    });
    expect([tenure.phase, tenure.isSure()]).toEqual(['joining', false]);
  });

  test('holds within the fence, counted from when the peers were asked', () => {
    const { clock, tenure } = serving();
    clock.advance(FENCE_MS - 1);
    expect(tenure.isSure()).toBe(true);
    clock.advance(1);
    expect(tenure.isSure()).toBe(false);
  });

  test('is prolonged by a confirmation, from the moment at which its ping was sent', () => {
    const { clock, tenure } = serving();
    const sentAt = clock.monotonic() + 100;
    clock.advance(200);
    tenure.confirm(LIFE, sentAt);
    clock.advance(149);
    expect(tenure.isSure()).toBe(true);
    clock.advance(1);
    expect(tenure.isSure()).toBe(false);
  });

  test('is not shortened by a confirmation that comes out of order, nor prolonged by one of another life', () => {
    const { clock, tenure } = serving();
    clock.advance(200);
    tenure.confirm(LIFE, 150);
    tenure.confirm(LIFE, 50);
    tenure.confirm(LIFE + 1, 200);
    clock.advance(199);
    expect(tenure.isSure()).toBe(true);
    clock.advance(1);
    expect(tenure.isSure()).toBe(false);
  });

  test('holds for a node that is alone, for as long as it is', () => {
    const scene = serving();
    scene.hasPeers = false;
    scene.clock.advance(3_600_000);
    expect(scene.tenure.isSure()).toBe(true);
    scene.hasPeers = true;
    expect(scene.tenure.isSure()).toBe(false);
  });
});

describe('a request that comes outside the fence', () => {
  test('waits while the peers are asked, and is answered when one confirms', async () => {
    const scene = serving();
    scene.clock.advance(FENCE_MS);
    const wait = scene.tenure.maySoonAnswer(scene.clock.monotonic() + 100);
    expect(scene.asked).toBe(1);
    scene.tenure.confirm(LIFE, scene.clock.monotonic());
    expect(await wait).toBe(true);
  });

  test('F2: a crowd that waits asks the peers once, and once more a ping later', async () => {
    const scene = serving();
    scene.clock.advance(FENCE_MS);
    const deadline = scene.clock.monotonic() + 250;
    const crowd = Array.from({ length: 100 }, () => scene.tenure.maySoonAnswer(deadline));
    expect(scene.asked).toBe(1);
    scene.clock.advance(50);
    void scene.tenure.maySoonAnswer(deadline);
    expect(scene.asked).toBe(2);
    scene.tenure.confirm(LIFE, scene.clock.monotonic());
    expect(new Set(await Promise.all(crowd))).toEqual(new Set([true]));
  });

  test('asks again where the confirmation was of a ping sent too long ago', async () => {
    const scene = serving();
    scene.clock.advance(FENCE_MS + 10);
    const wait = scene.tenure.maySoonAnswer(scene.clock.monotonic() + 100);
    scene.clock.advance(50);
    scene.tenure.confirm(LIFE, 5);
    await settled();
    expect(scene.asked).toBe(2);
    scene.tenure.confirm(LIFE, scene.clock.monotonic());
    expect(await wait).toBe(true);
  });

  test('is given up at its deadline', async () => {
    const { clock, tenure } = serving();
    clock.advance(FENCE_MS);
    const wait = tenure.maySoonAnswer(clock.monotonic() + 100);
    clock.advance(100);
    expect(await wait).toBe(false);
  });

  test('is not answered by a life that turns out to be dead, but may be by the next one', async () => {
    const { clock, tenure, losses } = serving();
    clock.advance(FENCE_MS);
    const wait = tenure.maySoonAnswer(clock.monotonic() + 100);
    tenure.lose('b considers this life dead');
    await settled();
    expect(losses).toEqual(['b considers this life dead']);
    tenure.rejoin(LIFE + 1, 'a peer remembers a later life');
    tenure.serve(clock.monotonic());
    expect(await wait).toBe(true);
  });

  test('is answered as soon as the last peer is gone: nobody is left who could consider us dead', async () => {
    const scene = serving();
    scene.clock.advance(FENCE_MS);
    scene.tenure.wasStopped(0);
    const answered = scene.tenure.maySoonAnswer(scene.clock.monotonic() + 100);
    scene.hasPeers = false;
    scene.tenure.peersGone();
    expect(await answered).toBe(true);
    expect(scene.losses).toEqual([]);
  });

  test('is refused at once by a node that leaves', async () => {
    const { clock, tenure } = serving();
    clock.advance(FENCE_MS);
    const wait = tenure.maySoonAnswer(clock.monotonic() + 100);
    tenure.leave();
    expect(await wait).toBe(false);
    expect(await tenure.maySoonAnswer(clock.monotonic() + 100)).toBe(false);
  });
});

describe('a node that was stopped', () => {
  test('for less than the fence cannot have been declared dead meanwhile: nothing happens', () => {
    const { clock, tenure, losses } = serving();
    clock.advance(200);
    tenure.wasStopped(FENCE_MS - 1);
    tenure.peersGone();
    expect(losses).toEqual([]);
  });

  test('for longer gives up its life where all peers are gone: they may have judged it first', () => {
    const scene = serving();
    scene.clock.advance(1000);
    scene.tenure.wasStopped(1000);
    scene.hasPeers = false;
    expect(scene.tenure.isSure()).toBe(false);
    scene.tenure.peersGone();
    expect(scene.losses).toEqual(['was stopped, and no peer is left to ask']);
    expect(scene.tenure.phase).toBe('joining');
  });

  test('goes on where a peer confirms it since: then the peers may go', () => {
    const scene = serving();
    scene.clock.advance(1000);
    scene.tenure.wasStopped(1000);
    scene.tenure.confirm(LIFE, scene.clock.monotonic());
    scene.hasPeers = false;
    scene.tenure.peersGone();
    expect([scene.losses, scene.tenure.isSure()]).toEqual([[], true]);
  });

  test('gives up its life as well where it learns that all peers are gone before its own look says that it was stopped', () => {
    const scene = serving();
    scene.tenure.wasStopped(0);
    scene.clock.advance(FENCE_MS);
    scene.hasPeers = false;
    scene.tenure.peersGone();
    expect(scene.losses).toEqual(['was stopped, and no peer is left to ask']);
  });

  test('is not taken for stopped where it looked all the time while its last peer fell silent', () => {
    const scene = serving();
    for (let look = 0; look < 40; look += 1) {
      scene.clock.advance(25);
      scene.tenure.wasStopped(0);
    }
    scene.hasPeers = false;
    scene.tenure.peersGone();
    expect([scene.losses, scene.tenure.isSure()]).toEqual([[], true]);
  });

  test('is not excused by a confirmation of a ping that was sent before the stop', () => {
    const scene = serving();
    scene.clock.advance(1000);
    scene.tenure.wasStopped(990);
    scene.tenure.confirm(LIFE, 900);
    expect(scene.tenure.isSure()).toBe(true);
    scene.hasPeers = false;
    scene.tenure.peersGone();
    expect(scene.losses).toHaveLength(1);
  });

  test('while it was alone anyway has missed nobody', () => {
    const scene = serving();
    scene.hasPeers = false;
    scene.clock.advance(1000);
    scene.tenure.wasStopped(1000);
    scene.tenure.peersGone();
    expect([scene.losses, scene.tenure.isSure()]).toEqual([[], true]);
  });
});

describe('peers none of whom is sure of itself', () => {
  test('confirm together where all of them are still there: a hall that was paused goes on', () => {
    const { clock, tenure, losses } = serving();
    clock.advance(5000);
    tenure.wasStopped(5000);
    tenure.confirmTogether(LIFE, clock.monotonic(), Number.NEGATIVE_INFINITY);
    expect([losses, tenure.isSure()]).toEqual([[], true]);
  });

  test('do not, where one went since: whoever was stopped may have been judged by it', () => {
    const { clock, tenure, losses } = serving();
    clock.advance(5000);
    tenure.wasStopped(5000);
    tenure.confirmTogether(LIFE, clock.monotonic(), clock.monotonic() - 10);
    expect(losses).toEqual(['was stopped, so were all peers that are left, and one went meanwhile']);
  });

  test('do, where one went before the last confirmation: it cannot have judged us since', () => {
    const { clock, tenure, losses } = serving();
    clock.advance(100);
    const wentAt = clock.monotonic();
    tenure.confirm(LIFE, wentAt);
    clock.advance(5000);
    tenure.wasStopped(5000);
    tenure.confirmTogether(LIFE, clock.monotonic(), wentAt);
    expect([losses, tenure.isSure()]).toEqual([[], true]);
  });

  test('do, where one went and this node was not stopped: it would have heard of a judgement', () => {
    const { clock, tenure, losses } = serving();
    clock.advance(300);
    tenure.confirmTogether(LIFE, clock.monotonic(), 200);
    expect([losses, tenure.isSure()]).toEqual([[], true]);
  });

  test('say nothing that counts before all were asked after the stop, in this life', () => {
    const { clock, tenure, losses } = serving();
    clock.advance(5000);
    tenure.wasStopped(5000);
    tenure.confirmTogether(LIFE, 4999, 4000);
    tenure.confirmTogether(LIFE - 1, 5000, 4000);
    expect([losses, tenure.isSure()]).toEqual([[], false]);
  });
});

describe('losing a life', () => {
  test('is told once, with its reason, and only while serving', () => {
    const { tenure, losses } = serving();
    tenure.lose('c considers this life dead');
    tenure.lose('b considers this life dead');
    expect(losses).toEqual(['c considers this life dead']);
    expect(tenure.why).toBe('c considers this life dead');
  });

  test('each step is one line that says from what, to what and why', () => {
    const { clock, tenure, lines } = serving({ isLogged: true });
    tenure.lose('b considers this life dead');
    tenure.rejoin(LIFE + 1, 'a peer remembers a later life');
    tenure.serve(clock.monotonic());
    tenure.leave();
    expect(lines.map(({ from, to, incarnation, why }) => [from, to, incarnation, why])).toEqual([
      ['joining', 'serving', LIFE, 'confirmed by a peer, or alone'],
      ['serving', 'joining', LIFE, 'b considers this life dead'],
      ['joining', 'joining', LIFE + 1, 'a peer remembers a later life'],
      ['joining', 'serving', LIFE + 1, 'confirmed by a peer, or alone'],
      ['serving', 'leaving', LIFE + 1, 'closing'],
    ]);
  });
});
