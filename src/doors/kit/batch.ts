import type { Coalescer } from './door-protocol.ts';

/**
 * Commands with one answer between them: fanned out one by one, as there is room. Where the protocol says that the answer
 * has failed, those that were not begun are left out.
 */
export class Batch<Command, Reply, Shape> {
  readonly shape: Shape;
  readonly #commands: readonly Command[];
  readonly #answer: Coalescer<Reply>;
  #begun = 0;

  constructor(commands: readonly Command[], shape: Shape, answer: Coalescer<Reply>) {
    this.shape = shape;
    this.#commands = commands;
    this.#answer = answer;
  }

  /** The next command to begin; undefined when all are, or when the others are not worth it. */
  get next(): Command | undefined {
    return this.#commands[this.#begun];
  }

  /** The next command has been begun. */
  advance(): void {
    this.#begun += 1;
  }

  /** For the replies to the commands, in their order. */
  readonly encode = (reply: Reply): readonly Buffer[] => {
    const bytes = this.#answer.next(reply);
    if (this.#answer.hasFailed) this.#begun = this.#commands.length;
    return bytes;
  };

  /** For what stands after all of them. */
  readonly encodeEnd = (): readonly Buffer[] => this.#answer.end();
}
