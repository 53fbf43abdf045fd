import { isLetter, type Letter } from '../../../src/session/letter.ts';
import type { Act, Outcome } from './history.ts';
import { SimMesh } from './sim-mesh.ts';

/*
 * A scenario as text: what happens to a mesh, and beside each step what the nodes then did.
 *
 *     # Why it is told.
 *     mesh abc
 *     mint b cart
 *     ----
 *     b: cart is written
 *
 *     kill b
 *     run 100
 *     ----
 *     a: peer b: alive -> suspect, because its connection was lost
 *
 * A block is some commands, a line of four dashes and the expected trace, up to an empty line. Of each node the trace has, in order, what
 * it decided and what it answered; nodes stand in the order of the alphabet, as what they do at the same time has none.
 *
 *     mesh abc                     begins a mesh of these nodes; the trace begins when all serve
 *     mint b cart                  node b mints a session, which is called cart from here on
 *     get|open|put|touch|rotate|destroy a cart      node a is asked; `*`: every node that runs, one after the other
 *     kill b, stop b, restart b    SIGKILL; a stop for good; a restart on purpose, which the next start ends
 *     start b [empty]              a daemon starts at b, with the Memcached that was there, or with an empty one
 *     freeze b, thaw b             SIGSTOP, SIGCONT
 *     cut a b, mend a b            the cable between two, both directions; `cut-way a b`: only what a says to b
 *     disk b full|stalled|well
 *     run 100                      lets 100 ms pass
 *     until whole                  until all nodes serve and consider each other alive
 */

export interface Block {
  readonly commands: readonly string[];
  readonly expected: readonly string[];
}

export interface Scenario {
  readonly comment: readonly string[];
  readonly blocks: readonly Block[];
}

const DIVIDER = '----';
const WHOLE_WITHIN_MS = 8000;
/** Of the delays on the wires: another seed gives another order of what nodes do within a millisecond, and the same answers. */
const SEED = 1;

/** @throws SyntaxError for a block without a divider */
export function parseScenario(text: string): Scenario {
  const lines = text.split('\n');
  const comment = lines.filter((line) => line.startsWith('#'));
  const paragraphs = lines
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.split('\n').filter((line) => line.trim() !== ''))
    .filter((paragraph) => paragraph.length > 0);
  const blocks = paragraphs.map((paragraph) => {
    const divider = paragraph.indexOf(DIVIDER);
    if (divider === -1) throw new SyntaxError(`no ${DIVIDER} after "${paragraph.join('; ')}"`);
    return { commands: paragraph.slice(0, divider), expected: paragraph.slice(divider + 1) };
  });
  return { comment, blocks };
}

export function formatScenario({ blocks, comment }: Scenario): string {
  const paragraphs = blocks.map(({ commands, expected }) => [...commands, DIVIDER, ...expected].join('\n'));
  return `${[comment.join('\n'), ...paragraphs].join('\n\n')}\n`;
}

/** Carries it out; the same scenario with what really came of each block. */
export async function runScenario(scenario: Scenario): Promise<Scenario> {
  const run = new ScenarioRun();
  try {
    const blocks: Block[] = [];
    for (const { commands } of scenario.blocks) {
      for (const command of commands) await run.carryOut(command);
      blocks.push({ commands, expected: run.takeTrace() });
    }
    return { ...scenario, blocks };
  } finally {
    run.close();
  }
}

class ScenarioRun {
  #mesh: SimMesh | undefined;
  /** By node, in order. */
  readonly #trace = new Map<string, string[]>();
  readonly #ids = new Map<string, string>();
  readonly #names = new Map<string, string>();
  #writes = 0;

  async carryOut(command: string): Promise<void> {
    const [verb = '', first = '', second = ''] = command.trim().split(/\s+/);
    switch (verb) {
      case 'mesh':
        this.#mesh = new SimMesh({ seed: SEED, size: first.length, trace: (line) => this.#traced(line) });
        await this.#mesh.start();
        this.#trace.clear();
        return;
      case 'mint':
        this.#writes += 1;
        this.#told(first, second, await this.#ask(first, { kind: 'mint', lineage: second, write: this.#writes }));
        return;
      case 'get':
      case 'open':
      case 'touch':
      case 'rotate':
      case 'destroy':
        return this.#askEach(first, second, { kind: verb, id: this.#idOf(second) });
      case 'put':
        this.#writes += 1;
        return this.#askEach(first, second, {
          kind: 'put',
          id: this.#idOf(second),
          lineage: second,
          write: this.#writes,
        });
      case 'kill': {
        this.#there.kill(this.#letter(first));
        return;
      }
      case 'stop':
      case 'restart': {
        this.#there.close(this.#letter(first), verb);
        return;
      }
      case 'start': {
        this.#there.startNode(this.#letter(first), second !== 'empty');
        return;
      }
      case 'freeze': {
        this.#there.freeze(this.#letter(first));
        return;
      }
      case 'thaw': {
        this.#there.resume(this.#letter(first));
        return;
      }
      case 'cut':
      case 'mend':
        for (const [from, to] of [
          [first, second],
          [second, first],
        ] as const) {
          if (verb === 'cut') this.#there.cut(this.#letter(from), this.#letter(to));
          else this.#there.heal(this.#letter(from), this.#letter(to));
        }
        return;
      case 'cut-way': {
        this.#there.cut(this.#letter(first), this.#letter(second));
        return;
      }
      case 'disk':
        if (second !== 'full' && second !== 'stalled' && second !== 'well')
          throw new SyntaxError(`a disk is not ${second}`);
        {
          this.#there.setDisk(this.#letter(first), second);
          return;
        }
      case 'run':
        return this.#there.runFor(Number(first));
      case 'until':
        if (await this.#there.converges(WHOLE_WITHIN_MS)) return;
        throw new RangeError(`the mesh was not whole within ${WHOLE_WITHIN_MS} ms`);
      default:
        throw new SyntaxError(`there is no command "${verb}"`);
    }
  }

  takeTrace(): string[] {
    const nodes = [...this.#trace.keys()].sort();
    const lines = nodes.flatMap((node) => this.#trace.get(node) ?? []);
    this.#trace.clear();
    return lines;
  }

  close(): void {
    this.#mesh?.dispose();
  }

  get #there(): SimMesh {
    if (this.#mesh === undefined) throw new SyntaxError('a scenario begins with "mesh abc"');
    return this.#mesh;
  }

  #letter(text: string): Letter {
    if (!isLetter(text) || !this.#there.letters.includes(text)) throw new SyntaxError(`there is no node "${text}"`);
    return text;
  }

  #idOf(name: string): string {
    const id = this.#ids.get(name);
    if (id === undefined) throw new SyntaxError(`no session is called "${name}"`);
    return id;
  }

  async #askEach(node: string, name: string, act: Act): Promise<void> {
    const nodes = node === '*' ? this.#there.letters.filter((one) => this.#there.nodeOf(one) !== undefined) : [node];
    for (const one of nodes) this.#told(one, name, await this.#ask(one, act));
  }

  #ask(node: string, act: Act): Promise<Outcome> {
    return this.#there.answerOf(this.#there.visitors.do(this.#letter(node), act));
  }

  #told(node: string, name: string, outcome: Outcome): void {
    if (outcome.kind === 'written' && !this.#ids.has(name)) {
      this.#ids.set(name, outcome.id);
      this.#names.set(outcome.id, name);
    }
    this.#note(node, `${name} ${this.#describe(outcome)}`);
  }

  #describe(outcome: Outcome): string {
    switch (outcome.kind) {
      case 'read':
        return `is write ${outcome.payload.write ?? 'nothing'}`;
      case 'written':
        return 'is written';
      case 'opened': {
        if (outcome.state === 'found') return `is found with write ${outcome.payload.write ?? 'nothing'}`;
        return `is regenerated (${outcome.reason ?? 'new'}), at ${outcome.id.slice(0, 1)}`;
      }
      case 'miss':
        return `is gone (${outcome.reason})`;
      case 'refused':
      case 'in-doubt':
      case 'unavailable':
        return `${outcome.kind} (${outcome.code})`;
      case 'lost':
        return 'has no answer';
    }
  }

  /** Of the mesh's own trace: what a node decided of itself and of its peers. */
  #traced(line: string): void {
    const [, node = '', said = ''] = /^ *[\d.]+ (\w): (.*)$/.exec(line) ?? [];
    const decided = /^(own letter|peer \w): (\w+) -> (\w+), because (.*?)(?: {3}.*)?$/.exec(said.trimEnd());
    if (decided !== null) {
      const [, whose = '', from = '', to = '', why = ''] = decided;
      this.#note(node, `${whose}: ${from} -> ${to}, because ${why}`);
    } else if (said.startsWith('dropping') || said.startsWith('wipes'))
      this.#note(node, said.split('   ')[0]?.trimEnd() ?? '');
  }

  #note(node: string, what: string): void {
    const lines = this.#trace.get(node) ?? [];
    this.#trace.set(node, [...lines, `${node}: ${what}`]);
  }
}
