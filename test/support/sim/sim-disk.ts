import type { LivesDisk } from '../../../src/membership/lives-file.ts';
import type { Random } from './random.ts';
import type { SimProcess } from './sim-process.ts';
import type { World } from './world.ts';

/** `full`: what is there can be removed, nothing can be written. `stalled`: nothing comes to an end. */
export type DiskState = 'well' | 'full' | 'stalled';

/** How long a write takes at most: into the page cache, with a rename. */
const SLOWEST_MS = 1;

/** A machine's disk with its one small file. It outlives the daemons, and what one of them had not finished is not there. */
export class SimDisk {
  text: string | undefined;
  #state: DiskState = 'well';
  #stalled: (() => void)[] = [];

  get state(): DiskState {
    return this.#state;
  }

  set state(state: DiskState) {
    this.#state = state;
    if (state === 'stalled') return;
    for (const go of this.#stalled.splice(0)) go();
  }

  /** As a daemon sees it. */
  for(process: SimProcess, world: World, random: Random): LivesDisk {
    const afterAWhile = (work: () => Error | undefined): Promise<void> =>
      new Promise((resolve, reject) => {
        const finish = (): void => {
          if (process.isDead) return;
          if (this.#state === 'stalled') {
            this.#stalled.push(finish);
            return;
          }
          const error = work();
          process.deliver('input', () => (error === undefined ? resolve() : reject(error)));
        };
        world.after(random.between(0, SLOWEST_MS), finish);
      });
    return {
      write: (text) =>
        afterAWhile(() => {
          if (this.#state === 'full') return Object.assign(new Error('no space left'), { code: 'ENOSPC' });
          this.text = text;
          return undefined;
        }),
      remove: () =>
        afterAWhile(() => {
          this.text = undefined;
          return undefined;
        }),
    };
  }
}
