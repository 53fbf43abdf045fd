import { becomesTrue } from './becomes-true.ts';
import type { MemcachedRecord } from './memcached-state-file.ts';
import { isAlive, isSameProcess, readProcess } from './process-identity.ts';

const POLL_MS = 10;
const TERMINATE_MS = 2_000;
const KILL_MS = 2_000;

/** One memcached process, ours by birth or by adoption, until it is dead. */
export class MemcachedLife {
  readonly record: MemcachedRecord;
  /** Settles with what ended it; also when it is let go of. */
  readonly ended: Promise<string>;
  #resolveEnded: (why: string) => void = () => undefined;

  constructor(record: MemcachedRecord) {
    this.record = record;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  get pid(): number {
    return this.record.memcached.pid;
  }

  isAlive(): boolean {
    return isAlive(this.record.memcached);
  }

  /** Whether it is alive and, by its command line as well, the one that was written down. */
  isProven(): boolean {
    const { memcached, args } = this.record;
    const found = readProcess(memcached.pid);
    if (found === undefined || !isSameProcess(found.identity, memcached)) return false;
    // All words, in whatever place: the program may be a script that executes memcached with more of them.
    return args.every((word) => found.commandLine.includes(word));
  }

  end(why: string): void {
    this.#resolveEnded(why);
  }

  /** Sends it a signal, and nobody else: nothing where it is not proven that this is it. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (!this.isProven()) return;
    try {
      process.kill(this.pid, signal);
    } catch {
      // It died this very moment; the sender of the signal waits for its death anyway.
    }
  }

  /** Asks it to end, then makes it. Resolves to whether it is dead. */
  async putDown(why: string): Promise<boolean> {
    this.signal('SIGTERM');
    if (await this.dies(why, TERMINATE_MS)) return true;
    return this.kill(why);
  }

  /** For one that would not hear a SIGTERM. Resolves to whether it is dead. */
  kill(why: string): Promise<boolean> {
    this.signal('SIGKILL');
    return this.dies(why, KILL_MS);
  }

  /** Waits for its death; resolves to whether it came. */
  async dies(why: string, withinMs: number): Promise<boolean> {
    const isDead = await becomesTrue(() => !this.isAlive(), { everyMs: POLL_MS, withinMs });
    if (isDead) this.end(why);
    return isDead;
  }
}
