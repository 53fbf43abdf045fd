import { open } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Clock, Timer } from '../clock.ts';
import type { Metrics } from '../metrics/metrics.ts';

/** What failed for want of open files. `trial` stands for what tells nobody, such as taking a connection. */
export const SHORT_OF_FILES = ['mesh', 'store', 'lives', 'trial'] as const;
export type ShortOfFiles = (typeof SHORT_OF_FILES)[number];

/** So often it is tried whether a file can be opened. */
const TRIAL_MS = 1000;
/** A shortage is over when so many tries in a row have succeeded. */
const TRIALS = 10;

/**
 *     enough ──refused──► short ──opened, 10 times in a row──► enough
 */
export type Files = { readonly kind: 'enough' } | { readonly kind: 'short'; readonly opened: number };

export function transition(files: Files, event: 'refused' | 'opened'): Files {
  if (event === 'refused') return { kind: 'short', opened: 0 };
  if (files.kind === 'enough' || files.opened + 1 >= TRIALS) return { kind: 'enough' };
  return { kind: 'short', opened: files.opened + 1 };
}

export interface FileShortageParts {
  readonly metrics: Pick<Metrics, 'count'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Pick<Logger, 'error' | 'info' | 'warn'>;
  /** Opens some file and closes it. Absent: one that is always there. */
  readonly tryOpen?: () => Promise<void>;
}

/**
 * Says once that this process, or the machine, has no more files to open: each dial, write and connection that fails for it
 * has its own error, and none of these says what to do. Node.js closes a connection that it cannot take without a word, so it
 * is also tried now and then.
 */
export class FileShortage {
  readonly #parts: FileShortageParts;
  #files: Files = { kind: 'enough' };
  #trial: Timer | undefined;
  #isClosed = false;

  constructor(parts: FileShortageParts) {
    this.#parts = parts;
    for (const where of SHORT_OF_FILES) parts.metrics.count('openFilesRefused', { where }, 0);
  }

  /** Tries from now on, until `close`. */
  watch(): void {
    if (this.#isClosed) return;
    this.#trial = this.#parts.clock.after(TRIAL_MS, () => {
      this.#try().then(
        () => this.watch(),
        (error: unknown) => this.#parts.log.warn({ err: error }, 'it cannot be tried whether files can be opened'),
      );
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#trial?.cancel();
  }

  /** Something failed. Looks whether it was for want of open files. */
  readonly heard = (error: unknown, where: ShortOfFiles): void => {
    const code = shortageIn(error);
    if (code === undefined) return;
    const { log, metrics } = this.#parts;
    metrics.count('openFilesRefused', { where });
    const before = this.#files;
    this.#files = transition(before, 'refused');
    if (before.kind === 'enough') log.error({ code, where }, REMEDIES[code]);
  };

  async #try(): Promise<void> {
    const { log, tryOpen = openAnyFile } = this.#parts;
    try {
      await tryOpen();
    } catch (error) {
      if (shortageIn(error) === undefined) throw error;
      this.heard(error, 'trial');
      return;
    }
    const before = this.#files;
    this.#files = transition(before, 'opened');
    if (before.kind === 'short' && this.#files.kind === 'enough') log.info('files can be opened again');
  }
}

const REMEDIES = {
  EMFILE:
    'this process has as many files open as it may (EMFILE), so connections and files fail: raise the limit ' +
    '(ulimit -n for a shell, LimitNOFILE= for systemd), or lower limits.clients and limits.httpClients',
  ENFILE:
    'this machine has as many files open as it may (ENFILE), so connections and files fail: end what opens them, ' +
    'or raise fs.file-max (sysctl)',
} as const;

function shortageIn(error: unknown): keyof typeof REMEDIES | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? error.code : undefined;
  if (code === 'EMFILE' || code === 'ENFILE') return code;
  if (!(error instanceof AggregateError)) return shortageIn(error.cause);
  const errors: readonly unknown[] = error.errors;
  return errors.map(shortageIn).find((found) => found !== undefined);
}

async function openAnyFile(): Promise<void> {
  const file = await open('/dev/null', 'r');
  await file.close();
}
