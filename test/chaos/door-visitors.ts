import type { Letter } from '../../src/session/letter.ts';
import type { Act, Outcome } from '../support/sim/history.ts';
import type { Random } from '../support/sim/random.ts';
import { DOOR_HEADERS } from './door-token.ts';
import { HttpCaller, type Call } from './http-call.ts';
import { LETTERS } from './hosts.ts';
import { toOpened, toOutcome } from './outcomes.ts';
import type { Record } from './record.ts';

/** Sessions that are remembered; the others are forgotten, old ones as likely as new ones. */
const REMEMBERED = 60;

/** What applications ask of a daemon; the numbers are weights. */
const HABITS = { get: 30, put: 16, patch: 12, open: 18, touch: 5, destroy: 3, rotate: 3, mint: 9 } as const;

/** Asks the doors of the daemons for everything that there is, and writes down what it was told. */
export class DoorVisitors {
  readonly #record: Record;
  readonly #random: Random;
  readonly #doorOf: (letter: Letter) => string;
  readonly #caller = new HttpCaller({ keepAlive: true });
  readonly #known: string[] = [];

  constructor(record: Record, random: Random, doorOf: (letter: Letter) => string) {
    this.#record = record;
    this.#random = random;
    this.#doorOf = doorOf;
  }

  /** One thing that one of them does; now and then the same thrice at once, through different hosts. */
  async visit(): Promise<void> {
    const burst = this.#random.chance(0.08) ? 3 : 1;
    const act = this.#think();
    await Promise.all(
      Array.from({ length: burst }, (_, at) => this.do(this.#random.pick(LETTERS), at === 0 ? act : this.#again(act))),
    );
  }

  /** Makes two sessions at each host that no visitor knows of. */
  async putAside(): Promise<readonly string[]> {
    const minted = await Promise.all(
      [...LETTERS, ...LETTERS].map(async (letter) => {
        const write = this.#record.draw();
        const act: Act = { kind: 'mint', lineage: `L${write}`, write };
        const outcome = await this.#ask(letter, act);
        if (outcome.kind !== 'written') return [];
        this.#record.claim(outcome.id, act.lineage);
        return [outcome.id];
      }),
    );
    return minted.flat();
  }

  /** Reads these through every host. */
  async readAside(ids: readonly string[]): Promise<void> {
    for (const id of ids) await Promise.all(LETTERS.map((letter) => this.#ask(letter, { kind: 'get', id })));
  }

  /** Reads every session that is remembered through every host. */
  async readAll(): Promise<void> {
    await this.readAside([...this.#known]);
  }

  async do(node: Letter, act: Act): Promise<Outcome> {
    const outcome = await this.#ask(node, act);
    this.#learn(act, outcome);
    return outcome;
  }

  async #ask(node: Letter, act: Act): Promise<Outcome> {
    const begunAt = performance.now();
    const called = await this.#caller.call({ ...toCall(act, this.#doorOf(node)), headers: DOOR_HEADERS });
    const subject = act.kind === 'mint' ? undefined : act.id;
    const outcome = act.kind === 'open' ? toOpened(called) : toOutcome(called, subject);
    this.#record.add({ node, via: 'door', act, begunAt, outcome, isAnswered: called.kind !== 'lost' });
    return outcome;
  }

  close(): void {
    this.#caller.close();
  }

  #think(): Act {
    const habit = this.#known.length === 0 ? 'mint' : this.#random.weighted(HABITS);
    if (habit === 'mint') {
      if (this.#random.chance(0.2)) return { kind: 'open' };
      const write = this.#record.draw();
      return { kind: 'mint', lineage: `L${write}`, write };
    }
    const latest = this.#known.slice(-10);
    const id = this.#random.pick(this.#random.chance(0.6) ? latest : this.#known);
    if (habit !== 'put' && habit !== 'patch') return { kind: habit, id };
    return { kind: habit, id, lineage: this.#record.lineages.get(id) ?? '', write: this.#record.draw() };
  }

  /** The same once more, as another request would ask it: what it writes is its own. */
  #again(act: Act): Act {
    if (!('write' in act)) return act;
    const write = this.#record.draw();
    return act.kind === 'mint' ? { kind: 'mint', lineage: `L${write}`, write } : { ...act, write };
  }

  #learn(act: Act, outcome: Outcome): void {
    if (act.kind === 'mint' && outcome.kind === 'written') this.#remember(outcome.id, act.lineage);
    if (act.kind === 'rotate' && outcome.kind === 'written') {
      this.#remember(outcome.id, this.#record.lineages.get(act.id) ?? '');
    }
    if (outcome.kind === 'opened') this.#remember(outcome.id, `O${outcome.id}`);
  }

  #remember(id: string, lineage: string): void {
    if (this.#record.lineages.has(id)) return;
    this.#record.claim(id, lineage);
    this.#known.push(id);
    if (this.#known.length > REMEMBERED) this.#known.splice(this.#random.below(this.#known.length), 1);
  }
}

function toCall(act: Act, door: string): Call {
  const sessions = `${door}/v1/sessions`;
  switch (act.kind) {
    case 'mint':
      return { method: 'POST', url: sessions, body: { data: whole(act) } };
    case 'open':
      return { method: 'POST', url: `${sessions}/open`, body: act.id === undefined ? {} : { id: act.id } };
    case 'get':
      return { method: 'GET', url: `${sessions}/${act.id}` };
    case 'put':
      return { method: 'PUT', url: `${sessions}/${act.id}`, body: { data: whole(act) } };
    case 'patch': {
      const data = { lineage: act.lineage, patches: { [act.write]: 1 } };
      return { method: 'PATCH', url: `${sessions}/${act.id}`, body: { data } };
    }
    case 'touch':
    case 'rotate':
      return { method: 'POST', url: `${sessions}/${act.id}/${act.kind}`, body: {} };
    case 'destroy':
      return { method: 'DELETE', url: `${sessions}/${act.id}` };
    case 'keep':
      throw new TypeError('only memcached clients keep an id that no node minted');
  }
}

function whole({ lineage, write }: { readonly lineage: string; readonly write: number }): object {
  return { lineage, write, patches: {} };
}
