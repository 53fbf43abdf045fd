import type { Soon } from '../soon.ts';

/**
 * Has one client's commands on one id carried out one after the other, in the order in which it sent them: where an owner
 * is waited for, a later command could otherwise be there first, and a client would not see its own write.
 */
export class InOrder {
  readonly #latest = new Map<string, Promise<unknown>>();

  /** Runs the task when all that came before it for this id have settled. What is done at once leaves no trace. */
  run<T>(id: string, task: () => Soon<T>): Soon<T> {
    const before = this.#latest.get(id);
    const work = before === undefined ? task() : before.then(task, task);
    if (!(work instanceof Promise)) return work;
    this.#latest.set(id, work);
    const forget = (): void => {
      if (this.#latest.get(id) === work) this.#latest.delete(id);
    };
    work.then(forget, forget);
    return work;
  }
}
