import { execFile } from 'node:child_process';
import { memcachedEnvironment } from '../../config/process-environment.ts';
import { CliError } from '../../errors.ts';
import { EXIT } from '../exit-codes.ts';

export type StoreKind = 'memcached' | 'memory';

export interface StoreChoice {
  readonly kind: StoreKind;
  /** One line for the person, where the choice is not theirs. */
  readonly notice?: string;
}

const ASK_MS = 2000;

/** @throws CliError where Memcached is demanded and its program is not there. */
export function chooseStore(demanded: StoreKind | undefined, program: string, isInstalled: boolean): StoreChoice {
  if (demanded === 'memory') return { kind: 'memory' };
  if (isInstalled) return { kind: 'memcached' };
  if (demanded === undefined) {
    return {
      kind: 'memory',
      notice: `no ${program} on this machine: using the embedded store, which ends with its node`,
    };
  }
  throw new CliError(
    `--store memcached: there is no ${program} on this machine; install it (apt-get install memcached), or use --store memory`,
    EXIT.usage,
  );
}

/** Whether this program can be started at all. */
export function isInstalled(program: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(program, ['-V'], { env: memcachedEnvironment(), timeout: ASK_MS }, (error) => {
      resolve(error === null || (error.code !== 'ENOENT' && error.code !== 'EACCES'));
    });
  });
}
