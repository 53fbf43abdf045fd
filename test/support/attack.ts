import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

const SCRIPT = join(import.meta.dirname, 'attack-http.mjs');

/** An attack that goes on in another process. */
export class Attack {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  /** How often each status was answered: there when the attack is over. */
  readonly statuses: Promise<Readonly<Record<string, number>>>;

  constructor(...words: readonly string[]) {
    const child = spawn(process.execPath, [SCRIPT, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#process = child;
    this.statuses = once(createInterface(child.stdout), 'line').then(
      ([line]) => JSON.parse(String(line)) as Record<string, number>,
    );
  }

  /** An attack that holds something holds it until then. */
  async end(): Promise<Readonly<Record<string, number>>> {
    this.#process.stdin.end();
    const statuses = await this.statuses;
    if (this.#process.exitCode === null) await once(this.#process, 'exit');
    return statuses;
  }
}
