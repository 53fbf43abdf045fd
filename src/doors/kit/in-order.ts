import type { Soon } from '../../soon.ts';

/**
 * Has one client's commands on one id carried out one after the other, in the order in which it sent them: where an owner
 * is waited for, a later command could otherwise be there first, and a client would not see its own write.
 */
export class InOrder {
  /** Of each id that has any, the last command under way. A client has few: its window is small. */
  readonly #latest: { readonly id: string; work: Promise<unknown> }[] = [];

  /** Runs the task when all that came before it for this id have settled. What is done at once leaves no trace. */
  run<T>(id: string, task: () => Soon<T>): Soon<T> {
    const before = this.#latest.find((entry) => entry.id === id);
    const work = before === undefined ? task() : before.work.then(task, task);
    if (!(work instanceof Promise)) return work;
    const entry = before ?? { id, work };
    if (before === undefined) this.#latest.push(entry);
    entry.work = work;
    const forget = (): void => {
      if (entry.work === work) this.#latest.splice(this.#latest.indexOf(entry), 1);
    };
    work.then(forget, forget);
    return work;
  }
}
