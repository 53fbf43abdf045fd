import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { WrongAnswersError, requireRight } from '../answers-checked.ts';
import type { Measure } from '../measure.ts';
import type { FromGenerator, LoadJob, LoadResult, ToGenerator } from './load-job.ts';

/** Our load generator, from the side of those who use it. */
export class LoadGenerator {
  readonly #process: ChildProcess;

  constructor() {
    this.#process = fork(join(import.meta.dirname, 'generator.ts'));
  }

  /** @throws WrongAnswersError when what came back was not what had been stored */
  async run(what: string, job: LoadJob): Promise<Measure> {
    const result = await this.#ask(what, { kind: 'run', job });
    requireRight(what, result);
    return result;
  }

  close(): void {
    this.#process.kill('SIGKILL');
  }

  #ask(what: string, message: ToGenerator): Promise<LoadResult> {
    return new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error(`${what}: the load generator ended`));
      this.#process.once('exit', onExit);
      this.#process.once('message', (answer: FromGenerator) => {
        this.#process.off('exit', onExit);
        if (answer.kind === 'done') resolve(answer.result);
        else reject(new WrongAnswersError(`${what}: ${answer.why}`));
      });
      this.#process.send(message);
    });
  }
}
