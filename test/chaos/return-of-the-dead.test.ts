import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isLetter, type Letter } from '../../src/session/letter.ts';
import { until } from '../support/until.ts';
import { DOOR_HEADERS } from './door-token.ts';
import type { Host } from './host.ts';
import { CALM_PACE, hostsUp, USUAL_PACE, type Hosts } from './hosts.ts';
import { HttpCaller, type Called } from './http-call.ts';

const MINUTES = Number(process.env['MINUTES'] ?? 0);
/** For how long the old ids are read once their owner is back. */
const WATCH_MS = MINUTES > 0 ? 60_000 : 5000;
/** Where nothing falls silent in between, every host still gets to answer this often. */
const FEWEST_LOOKS = 100;
const SESSIONS = 9;

interface Way {
  readonly how: string;
  readonly die: (host: Host) => Promise<void>;
  /** Whether it too took the others for dead meanwhile: then their sessions may be reset when they meet again. */
  readonly isSplit?: boolean;
  /** Absent where it comes back by itself. */
  readonly comeBack?: (host: Host, hosts: Hosts) => Promise<void>;
}

/** Everything that takes an owner from its peers and leaves its Memcached, with all that was in it, as it was. */
const WAYS: readonly Way[] = [
  { how: 'frozen and thawed', die: (host) => host.pause(), comeBack: (host) => host.unpause() },
  {
    how: 'cut off from peers and visitors, and plugged in again',
    isSplit: true,
    die: (host) => host.leaveAll(),
    // Visitors who reach it while its peers do not would see the other side of a split, which is not promised away.
    comeBack: async (host, hosts) => {
      await host.joinMesh();
      for (const one of hosts.all) if (one !== host) await becomes(one, host.letter, ['alive']);
      await host.joinFront();
    },
  },
  { how: 'with its daemon killed, and another one on the same Memcached', die: (host) => host.killDaemon() },
];

describe('the return of the dead', () => {
  const caller = new HttpCaller({ keepAlive: false });
  let hosts: Hosts;

  beforeAll(async () => {
    hosts = await hostsUp(MINUTES > 0 ? USUAL_PACE : CALM_PACE);
  }, 120_000);

  afterAll(async () => {
    caller.close();
    await hosts.down();
  }, 60_000);

  function call(letter: Letter, method: string, path: string, body?: unknown): Promise<Called> {
    const url = `${hosts.host(letter).door}/v1/sessions${path}`;
    return caller.call({ method, url, headers: DOOR_HEADERS, ...(body !== undefined && { body }) });
  }

  function page(cookie: string): Promise<Called> {
    return caller.call({ method: 'GET', url: `${hosts.balancer}/`, headers: { cookie: `session=${cookie}` } });
  }

  for (const { how, isSplit, die, comeBack } of WAYS) {
    test(`S1: ${how}: not one old byte`, { timeout: WATCH_MS + 120_000 }, async () => {
      await hosts.becomeWell();
      const [a, b, c] = ['a', 'b', 'c'].filter(isLetter) as [Letter, Letter, Letter];
      const old = await Promise.all(
        Array.from({ length: SESSIONS }, async () => {
          const id = toId(await call(b, 'POST', '', { data: { visits: { first: 'b' } } }));
          expect(await call(c, 'PATCH', `/${id}`, { data: { visits: { old: 'c' } } })).toMatchObject({ status: 200 });
          return id;
        }),
      );
      const storeBefore = (await hosts.host(b).view())?.store.pid;

      await die(hosts.host(b));
      const survivors = [a, c] as const;
      await Promise.all(survivors.map((letter) => becomes(hosts.host(letter), b, ['dead', 'left'])));
      const successors = await Promise.all(
        old.map(async (id, at) => {
          const survivor = survivors[at % survivors.length] ?? a;
          const opened = await call(survivor, 'POST', '/open', { id });
          expect(opened).toMatchObject({ status: 200, body: { state: 'regenerated', reason: 'owner-dead', data: {} } });
          const successor = toId(opened);
          expect(successor.slice(0, 1)).toBe(survivor);
          const data = { visits: { fresh: survivor } };
          expect(await call(survivor, 'PUT', `/${successor}`, { data })).toMatchObject({ status: 200 });
          return successor;
        }),
      );

      // Watched while it comes back, too.
      const isOver = { value: false };
      const looks = watch(old, isOver);
      await comeBack?.(hosts.host(b), hosts);
      await hosts.becomeWell();
      await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
      isOver.value = true;
      const seen = await looks;

      // What proves that there was something old to find.
      expect((await hosts.host(b).view())?.store.pid).toBe(storeBefore);
      for (const letter of [a, b, c]) {
        const answers = seen.filter(({ by }) => by === letter).map(({ called }) => called);
        expect(answers.filter(({ kind }) => kind === 'answered').length).toBeGreaterThan(FEWEST_LOOKS);
        expect(answers.filter((called) => called.kind === 'answered' && called.status === 200)).toEqual([]);
      }
      expect(seen.filter(({ called }) => JSON.stringify(called).includes('"old"'))).toEqual([]);
      for (const [at, successor] of successors.entries()) {
        for (const letter of [a, b, c]) {
          const read = await call(letter, 'GET', `/${successor}`);
          const isReset = isSplit && read.kind === 'answered' && read.status === 404;
          const data = { visits: { fresh: survivors[at % survivors.length] } };
          if (!isReset) expect(read).toMatchObject({ status: 200, body: { data } });
          const opened = await call(letter, 'POST', '/open', { id: old[at] });
          expect(opened).toMatchObject({ status: 200, body: { state: 'regenerated' } });
        }
      }
    });
  }

  interface Look {
    readonly by: Letter | 'balancer';
    readonly called: Called;
  }

  /** Reads each of them through every host, over and over, and now and then as a visitor of the balancer would. */
  async function watch(ids: readonly string[], isOver: { readonly value: boolean }): Promise<Look[]> {
    const looks: Look[] = [];
    const lookAt = async (by: Letter): Promise<void> => {
      for (let turn = 0; !isOver.value; turn += 1) {
        looks.push({ by, called: await call(by, 'GET', `/${ids[turn % ids.length] ?? ''}`) });
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    const browse = async (): Promise<void> => {
      for (let turn = 0; !isOver.value; turn += 1) {
        looks.push({ by: 'balancer', called: await page(ids[turn % ids.length] ?? '') });
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    await Promise.all([...hosts.all.map(({ letter }) => lookAt(letter)), browse()]);
    return looks;
  }
});

function toId(called: Called): string {
  const id = called.kind === 'answered' ? called.body['id'] : undefined;
  if (typeof id !== 'string') throw new TypeError(`no id in ${JSON.stringify(called)}`);
  return id;
}

async function becomes(by: Host, letter: Letter, states: readonly string[]): Promise<void> {
  await until(`${by.letter} holds ${letter} for ${states.join(' or ')}`, async () => {
    const peer = (await by.view())?.peers.find((one) => one.letter === letter);
    return peer !== undefined && states.includes(peer.state);
  });
}
