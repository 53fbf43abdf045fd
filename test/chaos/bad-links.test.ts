import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CALM, prepareCluster, type Cluster } from '../support/cluster.ts';
import { FaultProxy, type Mood } from '../support/fault-proxy.ts';
import { Random } from '../support/sim/random.ts';
import { DoorVisitors } from './door-visitors.ts';
import { judge } from './judge.ts';
import { isDone } from './proof.ts';
import { Record } from './record.ts';
import { describeBroken } from './tell.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const VISITORS = 6;
const WORK_MS = 4000;
const FEWEST_DEEDS = 100;
const FEWEST_HARMED = 20;

interface BadLink {
  readonly name: string;
  readonly mood: Mood;
  /** Whether a connection that came to harm has to end. */
  readonly breaks: boolean;
}

const BAD_LINKS: readonly BadLink[] = [
  { name: 'slow', mood: { kind: 'slow', lateMs: 60 }, breaks: false },
  { name: 'cut again and again', mood: { kind: 'cutting', oneIn: 60 }, breaks: true },
  { name: 'repeating what was said', mood: { kind: 'repeating', oneIn: 60 }, breaks: true },
  { name: 'corrupting what was said', mood: { kind: 'corrupting', oneIn: 60 }, breaks: true },
];

/** Real daemons, each of which the others reach only over a link that can be made a bad one. */
describe('while every link of the mesh is', () => {
  const random = new Random(SEED);
  let cluster: Cluster;
  let proxies: readonly FaultProxy[] = [];

  beforeAll(async () => {
    cluster = await prepareCluster({ config: CALM });
    proxies = await Promise.all(cluster.nodes.map(({ mesh }) => FaultProxy.to(mesh, random)));
    const letters = Object.fromEntries(cluster.nodes.map(({ letter }, at) => [letter, proxies[at]?.address ?? '']));
    for (const { letter, mesh } of cluster.nodes) cluster.configure(letter, { letters, listen: mesh });
    await Promise.all(cluster.nodes.map((node) => node.start()));
    await cluster.settled();
  }, 30_000);

  afterAll(async () => {
    await cluster.close();
    for (const proxy of proxies) await proxy.close();
  });

  function linksLost(): number {
    const lines = cluster.nodes.flatMap((node) => node.log().split('\n'));
    return lines.filter((line) => line.includes('"link: up -> ')).length;
  }

  function harmed(): number {
    return proxies.reduce((sum, proxy) => sum + proxy.harmed, 0);
  }

  for (const { name, mood, breaks } of BAD_LINKS) {
    test(`${name}: nobody dies of it, no session is lost, old or another's, and then all is well`, async () => {
      const record = new Record();
      const visitors = new DoorVisitors(record, random, (letter) => cluster.node(letter).http);
      const [harmedBefore, lostBefore] = [harmed(), linksLost()];
      for (const proxy of proxies) proxy.become(mood);
      await work(visitors);
      for (const proxy of proxies) proxy.become({ kind: 'honest' });
      await cluster.settled();
      await visitors.readAll();
      visitors.close();

      const during = record.deeds.filter(isDone);
      expect(during.length).toBeGreaterThan(FEWEST_DEEDS);
      expect(harmed() - harmedBefore).toBeGreaterThan(FEWEST_HARMED);
      // What came twice or changed is not read on: the link ends, and another one is dialled (S0).
      if (breaks) expect(linksLost() - lostBefore).toBeGreaterThan(FEWEST_HARMED / 2);
      const broken = judge(record, [], CALM.timings.hardCapMs);
      expect(broken.slice(0, 5).map((one) => describeBroken(one, record.deeds))).toEqual([]);
    }, 60_000);
  }

  async function work(visitors: DoorVisitors): Promise<void> {
    const endsAt = performance.now() + WORK_MS;
    const one = async (): Promise<void> => {
      while (performance.now() < endsAt) {
        await visitors.visit();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await Promise.all(Array.from({ length: VISITORS }, one));
  }
});
