import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../test/support/until.ts';
import type { Death } from './death.ts';
import type { FailoverMesh } from './failover-mesh.ts';

/** A new request so often, each for another orphan, whether or not those before were answered. */
const EVERY_MS = 5;

/** Long enough for the first answers to be `found`, and for the death to come at any moment between two pings. */
const BEFORE_MS = 60;
const PING_MS = 50;

/** So many requests fit into the time until the last of them is answered, and some before. */
const ORPHANS = 400;

const GIVES_UP_MS = 10_000;

export interface DeathReport {
  /** From the death to the first answer `regenerated`. */
  readonly regeneratedMs: number;
  /** The longest that one request waited, of those that were sent or waiting after the death. */
  readonly longestWaitMs: number;
  /** Answers between the death and the first `regenerated` that were neither it nor `found`, by code. */
  readonly refused: number;
}

/** One owner dies, while a visitor's application asks another node for its sessions. Afterwards all is well again. */
export async function oneDeath(mesh: FailoverMesh, death: Death, victim: number): Promise<DeathReport> {
  const asked = mesh.node(victim + 1);
  const orphans = await mesh.node(victim).mint(ORPHANS);
  const waits: { sentAt: number; tookMs: number }[] = [];
  let regeneratedAt: number | undefined;
  let refused = 0;
  let waiting = 0;
  const ask = (): void => {
    const id = orphans.pop();
    if (id === undefined) return;
    const sentAt = performance.now();
    waiting += 1;
    void asked.client.call('POST', '/v1/sessions/open', { id }).then(
      ({ status, body }) => {
        const now = performance.now();
        waits.push({ sentAt, tookMs: now - sentAt });
        waiting -= 1;
        if (body['state'] === 'regenerated') regeneratedAt ??= now;
        else if (status !== 200) refused += 1;
      },
      () => {
        waiting -= 1;
        refused += 1;
      },
    );
  };

  const timer = setInterval(ask, EVERY_MS);
  try {
    await sleep(BEFORE_MS + Math.random() * PING_MS);
    const diedAt = performance.now();
    death.befall(mesh, victim);
    const firstAt = await until('a session is regenerated', () => regeneratedAt, GIVES_UP_MS);
    clearInterval(timer);
    await until('everything is answered', () => waiting === 0, GIVES_UP_MS);
    const late = waits.filter(({ sentAt, tookMs }) => sentAt + tookMs > diedAt);
    return {
      regeneratedMs: firstAt - diedAt,
      longestWaitMs: Math.max(...late.map(({ tookMs }) => tookMs)),
      refused,
    };
  } finally {
    clearInterval(timer);
    await death.undo(mesh, victim);
    await mesh.settled();
  }
}
