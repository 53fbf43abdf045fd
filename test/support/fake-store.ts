import type { Clock } from '../../src/clock.ts';
import { StoreInDoubtError, StoreTooLargeError, StoreUnavailableError } from '../../src/errors.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import type { StoreFigures, Store, StoreDescription } from '../../src/store/store.ts';

export type StoreOperation = 'get' | 'set' | 'add' | 'delete' | 'clear';

/** What one operation comes to instead of what it was asked. */
export type Fault =
  | 'unavailable'
  | 'too-large'
  /** for `add`: the key is there */
  | 'taken'
  /** asked, no answer, and never carried out */
  | 'in-doubt'
  /** asked, no answer, but carried out */
  | 'in-doubt-applied'
  /** asked, no answer, and carried out when the test says so: `applyLate` */
  | 'in-doubt-late';

/** The embedded store, made to fail, to wait, to forget and to come late at a test's command. */
export class FakeStore implements Store {
  /** Every operation that was asked for, as `set a0123…`, in order. */
  readonly asked: string[] = [];
  readonly #memory: MemoryStore;
  readonly #faults = new Map<StoreOperation, Fault[]>();
  readonly #late: (() => Promise<unknown>)[] = [];
  #gate: { readonly opened: Promise<void>; readonly open: () => void } | undefined;

  constructor(clock: Clock) {
    this.#memory = new MemoryStore({
      megabytes: 16,
      maxRecordBytes: 1024 * 1024,
      clock,
      metrics: { observe: () => undefined },
    });
  }

  /** The next operations of this kind fail so, one after the other; those after them work again. */
  failNext(operation: StoreOperation, ...faults: Fault[]): void {
    this.#faults.set(operation, [...(this.#faults.get(operation) ?? []), ...faults]);
  }

  /** Takes back the faults that have not met an operation. */
  forgetFaults(): void {
    this.#faults.clear();
  }

  /** Carries out what was left in doubt to come late, oldest first, over whatever stands there now. */
  async applyLate(): Promise<void> {
    for (const apply of this.#late.splice(0)) await apply();
  }

  /** From now on every operation waits for `resume`. */
  hold(): void {
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    this.#gate = { opened, open };
  }

  resume(): void {
    this.#gate?.open();
    this.#gate = undefined;
  }

  /** Drops a record, as a store that is full does. */
  async evict(key: string): Promise<void> {
    await this.#memory.delete(key);
  }

  /** What stands under a key, without asking the store. */
  peek(key: string): Promise<Buffer | undefined> {
    return this.#memory.get(key);
  }

  /** Puts bytes under a key behind everybody's back. */
  plant(key: string, value: Buffer): Promise<void> {
    return this.#memory.set(key, value, 3600);
  }

  get(key: string): Promise<Buffer | undefined> {
    return this.#carryOut('get', key, () => this.#memory.get(key));
  }

  set(key: string, value: Buffer, ttlSeconds: number): Promise<void> {
    return this.#carryOut('set', key, () => this.#memory.set(key, value, ttlSeconds));
  }

  async add(key: string, value: Buffer, ttlSeconds: number): Promise<boolean> {
    if (this.#faults.get('add')?.[0] === 'taken') await this.plant(key, Buffer.from('somebody else'));
    return this.#carryOut('add', key, () => this.#memory.add(key, value, ttlSeconds));
  }

  delete(key: string): Promise<boolean> {
    return this.#carryOut('delete', key, () => this.#memory.delete(key));
  }

  clear(): Promise<void> {
    return this.#carryOut('clear', '', () => this.#memory.clear());
  }

  describe(): StoreDescription {
    return this.#memory.describe();
  }

  figures(): Promise<StoreFigures> {
    return this.#memory.figures();
  }

  close(): Promise<void> {
    return this.#memory.close();
  }

  async #carryOut<T>(operation: StoreOperation, key: string, run: () => Promise<T>): Promise<T> {
    this.asked.push(`${operation} ${key}`.trim());
    await this.#gate?.opened;
    switch (this.#faults.get(operation)?.shift()) {
      case undefined:
      case 'taken':
        return run();
      case 'unavailable':
        throw new StoreUnavailableError('the test has taken the store away');
      case 'too-large':
        throw new StoreTooLargeError('the test says that this is too large');
      case 'in-doubt':
        break;
      case 'in-doubt-applied':
        await run();
        break;
      case 'in-doubt-late':
        this.#late.push(run);
        break;
    }
    throw new StoreInDoubtError('the test has swallowed the answer');
  }
}
