import type { Content, SessionCommand } from '../../../src/session/command.ts';
import type { Letter } from '../../../src/session/letter.ts';
import type { Reply } from '../../../src/session/reply.ts';
import type { OpenReply } from '../../../src/routing/open.ts';
import { subjectOf, type Act, type Deed, type Outcome, type Payload } from './history.ts';
import type { Random } from './random.ts';
import type { SimNode } from './sim-node.ts';
import type { World } from './world.ts';

/** A visitor gives up after this: its own client's limit. */
const PATIENCE_MS = 1000;
/** From a visitor to the daemon on its host and back. */
const LOCAL_MS = 0.2;
/** Sessions that are remembered; the others are forgotten, old ones as likely as new ones. */
const REMEMBERED = 40;

export interface VisitorsParts {
  readonly world: World;
  readonly random: Random;
  readonly letters: readonly Letter[];
  readonly nodeOf: (letter: Letter) => SimNode | undefined;
  /** Between two things that one visitor does. */
  readonly idleMs: number;
  /** Whether some go on under the id that they have, whatever they are told of it. */
  readonly doGoOn: boolean;
  /** Whether some come with ids that nobody minted. */
  readonly doMakeUp: boolean;
}

/** What visitors do most of the time; the numbers are weights. */
const HABITS = { get: 30, put: 16, patch: 10, open: 16, touch: 5, destroy: 3, rotate: 3, mint: 8, kept: 9 } as const;

/** Beside these: so often does a client go on under the id of a session, as unmodified memcached clients do. */
const GOING_ON = 10;

/** And so often does somebody come with an id that was made up. */
const MAKING_UP = 40;

/** Clients of the mesh: they ask whatever node they come upon, and write down what they were told. */
export class Visitors {
  readonly deeds: Deed[] = [];
  /** Whose session an id is. */
  readonly lineages = new Map<string, string>();
  readonly #parts: VisitorsParts;
  readonly #known: string[] = [];
  readonly #keys: string[];
  #isClosed = false;
  #numbers = 0;
  #underWay = 0;

  constructor(parts: VisitorsParts) {
    this.#parts = parts;
    this.#keys = parts.letters.flatMap((letter) => [`${letter}-kept-1`, `${letter}-kept-2`]);
    for (const key of this.#keys) this.lineages.set(key, key);
  }

  get underWay(): number {
    return this.#underWay;
  }

  /** Lets so many visitors loose. */
  start(count: number): void {
    for (let visitor = 0; visitor < count; visitor += 1) this.#goOn();
  }

  stop(): void {
    this.#isClosed = true;
  }

  /** Reads every session that is remembered through every node. */
  async readAll(): Promise<void> {
    const asked: Promise<unknown>[] = [];
    for (const id of [...this.#known, ...this.#keys]) {
      for (const letter of this.#parts.letters) {
        asked.push(this.do(letter, { kind: 'get', id }));
        await this.#parts.world.runUntil(this.#parts.world.now + 0.5);
      }
    }
    await this.#parts.world.runUntil(this.#parts.world.now + PATIENCE_MS + 1);
    await Promise.all(asked);
  }

  /** Asks one node for something and writes down what came of it. */
  do(letter: Letter, act: Act): Promise<Outcome> {
    const { world, nodeOf } = this.#parts;
    const node = nodeOf(letter);
    const begunAt = world.now;
    this.#underWay += 1;
    return new Promise((resolve) => {
      let isOver = false;
      const end = (outcome: Outcome, endedAt: number): void => {
        if (isOver) return;
        isOver = true;
        patience.cancel();
        this.#underWay -= 1;
        const wasStopped = node === undefined || node.process.isDead || node.process.wasFrozenSince(begunAt);
        const number = this.deeds.length + 1;
        this.#learn(act, outcome);
        this.deeds.push({ number, node: letter, act, begunAt, endedAt, outcome, wasStopped });
        resolve(outcome);
      };
      const patience = world.after(PATIENCE_MS, () => end({ kind: 'lost' }, Infinity));
      if (node === undefined) {
        // Nobody listens: surely nothing was done.
        world.after(LOCAL_MS, () => end({ kind: 'unavailable', code: 'NO_DAEMON' }, world.now));
        return;
      }
      node.process.onDeath(() => world.after(LOCAL_MS, () => end({ kind: 'lost' }, Infinity)));
      world.after(LOCAL_MS, () =>
        node.process.deliver('input', () => {
          carryOut(node, act).then(
            (outcome) => world.after(LOCAL_MS, () => end(outcome, world.now)),
            (error: unknown) => {
              throw error;
            },
          );
        }),
      );
    });
  }

  #goOn(): void {
    const { world, random, idleMs } = this.#parts;
    world.after(random.between(0, 2 * idleMs), () => {
      if (this.#isClosed) return;
      this.#visit().then(
        () => this.#goOn(),
        (error: unknown) => {
          throw error;
        },
      );
    });
  }

  async #visit(): Promise<void> {
    const letter = this.#somewhere();
    const act = this.#think();
    // Now and then several requests of one page come at once, through different nodes.
    const isBurst = this.#parts.random.chance(0.08);
    const burst = isBurst
      ? [
          this.do(
            this.#somewhere(),
            again(act, () => this.#draw()),
          ),
          this.do(
            letter,
            again(act, () => this.#draw()),
          ),
        ]
      : [];
    await Promise.all([this.do(letter, act), ...burst]);
  }

  /** A balancer sends nobody to a daemon that is gone, and seldom to one that hangs. */
  #somewhere(): Letter {
    const { random, letters, nodeOf } = this.#parts;
    const there = letters.filter((letter) => {
      const node = nodeOf(letter);
      return node !== undefined && (!node.process.isFrozen || random.chance(0.1));
    });
    return random.pick(there.length === 0 ? letters : there);
  }

  #think(): Act {
    const { random } = this.#parts;
    const { doGoOn, doMakeUp } = this.#parts;
    const habits = { ...HABITS, keep: doGoOn ? GOING_ON : 0, madeUp: doMakeUp ? MAKING_UP : 0 };
    const habit = this.#known.length === 0 ? 'mint' : random.weighted(habits);
    if (habit === 'mint') {
      if (random.chance(0.2)) return { kind: 'open' };
      const write = this.#draw();
      return { kind: 'mint', lineage: `L${write}`, write };
    }
    if (habit === 'kept') return this.#thinkOfKept();
    if (habit === 'madeUp') return this.#makeUp();
    const id = this.#recall();
    if (habit === 'put' || habit === 'patch' || habit === 'keep') {
      return { kind: habit, id, lineage: this.lineages.get(id) ?? '', write: this.#draw() };
    }
    return { kind: habit, id };
  }

  #thinkOfKept(): Act {
    const { random } = this.#parts;
    const id = random.pick(this.#keys);
    const kind = random.weighted({ keep: 5, get: 5, destroy: 0.3 });
    return kind === 'keep' ? { kind, id, lineage: id, write: this.#draw() } : { kind, id };
  }

  #makeUp(): Act {
    const { letters, random } = this.#parts;
    const id = random.pick(letters) + String(this.#draw()).padStart(26, 'x');
    // As a key of a client's own: nobody is surprised that nothing is there.
    this.lineages.set(id, id);
    return { kind: random.weighted({ get: 3, open: 1, touch: 1 }), id };
  }

  #draw(): number {
    this.#numbers += 1;
    return this.#numbers;
  }

  /** Mostly one of the latest, sometimes any. */
  #recall(): string {
    const { random } = this.#parts;
    const latest = this.#known.slice(-8);
    return random.pick(random.chance(0.7) ? latest : this.#known);
  }

  #learn(act: Act, outcome: Outcome): void {
    if (act.kind === 'mint' && outcome.kind === 'written') this.#remember(outcome.id, act.lineage);
    if (act.kind === 'rotate' && outcome.kind === 'written') {
      this.#remember(outcome.id, this.lineages.get(act.id) ?? '');
    }
    if (outcome.kind === 'opened' && !this.lineages.has(outcome.id))
      this.#remember(outcome.id, `O${this.lineages.size}`);
  }

  #remember(id: string, lineage: string): void {
    this.lineages.set(id, lineage);
    this.#known.push(id);
    if (this.#known.length > REMEMBERED) this.#known.splice(this.#parts.random.below(this.#known.length), 1);
  }
}

/** The same once more, as another request would ask it: what it writes is its own. */
function again(act: Act, draw: () => number): Act {
  if (!('write' in act)) return act;
  const write = draw();
  return act.kind === 'mint' ? { kind: 'mint', lineage: `L${write}`, write } : { ...act, write };
}

async function carryOut({ router }: SimNode, act: Act): Promise<Outcome> {
  switch (act.kind) {
    case 'mint':
      return told(await router.mint({ content: json({ lineage: act.lineage, write: act.write, patches: {} }) }));
    case 'open':
      return toldOpened(await router.open(act.id === undefined ? {} : { id: act.id }));
    case 'get':
    case 'put':
    case 'keep':
    case 'patch':
    case 'touch':
    case 'destroy':
    case 'rotate':
      return told(await router.dispatch(commandOf(act)));
  }
}

function commandOf(act: Exclude<Act, { kind: 'mint' | 'open' }>): SessionCommand {
  switch (act.kind) {
    case 'put':
    case 'keep':
      return {
        kind: act.kind,
        id: act.id,
        content: json({ lineage: act.lineage, write: act.write, patches: {} }),
      };
    case 'patch': {
      const patch = json({ lineage: act.lineage, patches: { [act.write]: 1 } }).payload;
      return { kind: 'patch', id: act.id, patch };
    }
    case 'get':
    case 'touch':
    case 'destroy':
    case 'rotate':
      return { kind: act.kind, id: act.id };
  }
}

function told(reply: Reply): Outcome {
  switch (reply.kind) {
    case 'done': {
      const { id, version, content } = reply;
      return content === undefined
        ? { kind: 'written', id, version }
        : { kind: 'read', id, version, payload: readPayload(content) };
    }
    case 'answered':
      throw new TypeError(`a visitor asked for no item and was answered ${reply.answer.kind}`);
    case 'moved':
      throw new TypeError(`a visitor was told of a successor, ${reply.to}, and had not opened`);
    case 'miss':
    case 'refused':
    case 'in-doubt':
    case 'unavailable':
      return reply;
  }
}

function toldOpened(reply: OpenReply): Outcome {
  if (reply.kind !== 'opened') return reply;
  const { id, state, reason, version, content } = reply;
  return { kind: 'opened', id, state, version, payload: readPayload(content), ...(reason !== undefined && { reason }) };
}

function json(value: unknown): Content {
  return { contentType: 'application/json', flags: 0, payload: Buffer.from(JSON.stringify(value)) };
}

function readPayload(content: Content): Payload {
  const { lineage, write, patches } = JSON.parse(content.payload.toString()) as {
    lineage?: string;
    write?: number;
    patches?: Record<string, 1>;
  };
  return {
    ...(lineage !== undefined && { lineage }),
    ...(write !== undefined && { write }),
    patches: Object.keys(patches ?? {}).map(Number),
  };
}

/** For a person who reads why a run failed. */
export function describeDeed(deed: Deed): string {
  const { number, node, act, begunAt, endedAt, outcome } = deed;
  const what = Object.entries(act).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value.slice(0, 12) : String(value)}`,
  );
  return `#${number} ${begunAt.toFixed(1)}-${endedAt.toFixed(1)} at ${node}: ${what.join(' ')} -> ${JSON.stringify(outcome)}`;
}

/** Everything that was done with one session. */
export function deedsWith(id: string, deeds: readonly Deed[]): Deed[] {
  return deeds.filter(({ act, outcome }) => subjectOf(act) === id || ('id' in outcome && outcome.id === id));
}
