import { isLetter, type Letter } from '../../src/session/letter.ts';
import type { Outcome } from '../support/sim/history.ts';
import type { Random } from '../support/sim/random.ts';
import type { Called, HttpCaller } from './http-call.ts';
import { LETTERS } from './hosts.ts';
import { toFailure, toPayload, toReason } from './outcomes.ts';
import type { Record } from './record.ts';

export interface PageVisitorParts {
  /** No two have the same. */
  readonly name: string;
  readonly record: Record;
  readonly random: Random;
  readonly caller: HttpCaller;
  /** Its URL where this visitor comes through the balancer; else it goes to the hosts directly, now this one, now that. */
  readonly balancer?: string;
  readonly pageOf: (letter: Letter) => string;
}

/** A person with a browser: one cookie, pages, a login now and then, and a logout. */
export class PageVisitor {
  readonly #parts: PageVisitorParts;
  #cookie: string | undefined;
  #logins = 0;

  constructor(parts: PageVisitorParts) {
    this.#parts = parts;
  }

  async visit(): Promise<void> {
    const { random } = this.#parts;
    const habit = this.#cookie === undefined ? 'page' : random.weighted({ page: 90, twoPages: 6, login: 2, logout: 2 });
    if (habit === 'page') await this.#seePage();
    else if (habit === 'twoPages') await Promise.all([this.#seePage(), this.#seePage()]);
    else await this.#submit(habit);
  }

  /** A page opens the session and writes into it: two deeds, both somewhen between question and answer. */
  async #seePage(): Promise<void> {
    const { record } = this.#parts;
    const cookie = this.#cookie;
    const write = record.draw();
    const { called, node, via, begunAt } = await this.#call('GET', `/?visit=${write}`);
    const at = { node, via, begunAt, isAnswered: called.kind !== 'lost' };
    const open = { kind: 'open', ...(cookie !== undefined && { id: cookie }) } as const;
    const opened = toOpening(called, cookieOf(called) ?? cookie, write);
    if (opened.kind === 'opened') this.#keep(opened.id);
    record.add({ ...at, act: open, outcome: opened });
    const id = opened.kind === 'opened' ? opened.id : cookie;
    if (id === undefined) return;
    const wrote: Outcome = opened.kind === 'opened' ? toWriting(called, id) : opened;
    // A session that was not opened was not written to either; where no answer came, that is not known.
    if (wrote.kind !== 'lost' && opened.kind !== 'opened') return;
    const lineage = record.lineages.get(id) ?? '';
    record.add({ ...at, act: { kind: 'patch', id, lineage, write }, outcome: wrote });
  }

  async #submit(habit: 'login' | 'logout'): Promise<void> {
    const { record } = this.#parts;
    const id = this.#cookie;
    if (id === undefined) return;
    const { called, node, via, begunAt } = await this.#call('POST', `/${habit}`);
    const act = { kind: habit === 'login' ? 'rotate' : 'destroy', id } as const;
    const outcome = toSubmitted(called, habit === 'login' ? cookieOf(called) : id);
    if (outcome.kind === 'written') this.#keep(habit === 'login' ? outcome.id : undefined);
    record.add({ node, via, begunAt, act, outcome, isAnswered: called.kind !== 'lost' });
  }

  async #call(
    method: string,
    path: string,
  ): Promise<{ called: Called; node: Letter; via: 'page' | 'balancer'; begunAt: number }> {
    const { balancer, pageOf, random, caller } = this.#parts;
    const host = random.pick(LETTERS);
    const begunAt = performance.now();
    const headers = this.#cookie === undefined ? {} : { cookie: `session=${this.#cookie}` };
    const called = await caller.call({ method, url: (balancer ?? pageOf(host)) + path, headers });
    const told = called.kind === 'answered' ? called.headers['x-host'] : undefined;
    const node = typeof told === 'string' && isLetter(told) ? told : host;
    return { called, node, via: balancer === undefined ? 'page' : 'balancer', begunAt };
  }

  #keep(id: string | undefined): void {
    const { record, name } = this.#parts;
    // A logout ends the lineage: who comes back is somebody else.
    if (id === undefined) this.#logins += 1;
    else record.claim(id, `${name}.${this.#logins}`);
    this.#cookie = id;
  }
}

/** What the opening of the session came to, of which the page tells. */
function toOpening(called: Called, id: string | undefined, write: number): Outcome {
  if (called.kind === 'refused') return { kind: 'unavailable', code: 'NO_HOST' };
  if (called.kind === 'lost') return { kind: 'lost' };
  const { status, body } = called;
  const session = body['session'] as { state: 'found' | 'minted' | 'regenerated'; reason?: string; version: number };
  if (!('session' in body) || id === undefined) return toFailure(status, body);
  const { state, reason, version } = session;
  const { lineage, patches } = toPayload({ visits: body['visits'] });
  // The page shows its own visit along with those that it found.
  const payload = { ...(lineage !== undefined && { lineage }), patches: patches.filter((number) => number !== write) };
  return { kind: 'opened', id, state, version, payload, ...(reason !== undefined && { reason: toReason(reason) }) };
}

function toWriting(called: Called, id: string): Outcome {
  if (called.kind !== 'answered') return { kind: 'lost' };
  const version = called.body['written'];
  if (called.status === 200 && typeof version === 'number') return { kind: 'written', id, version };
  return toFailure(called.status, called.body);
}

function toSubmitted(called: Called, id: string | undefined): Outcome {
  if (called.kind === 'refused') return { kind: 'unavailable', code: 'NO_HOST' };
  if (called.kind === 'lost') return { kind: 'lost' };
  const { status, body } = called;
  if (status !== 200 || id === undefined) return toFailure(status, body);
  return { kind: 'written', id, version: typeof body['written'] === 'number' ? body['written'] : 0 };
}

function cookieOf(called: Called): string | undefined {
  if (called.kind !== 'answered') return undefined;
  const [line] = [called.headers['set-cookie'] ?? []].flat();
  return /^session=(\w+)/.exec(line ?? '')?.[1];
}
