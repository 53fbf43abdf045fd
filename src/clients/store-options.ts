import { StoreOptionsError } from './client-errors.ts';

export interface MagliaStoreOptions {
  /** The HTTP door of this host's daemon: `http://host:port` or `unix:/path/of.sock`. Default: http://127.0.0.1:7420 */
  readonly url?: string | undefined;
  /** The door's token, where it demands one. */
  readonly token?: string | undefined;
  /** How long a call of the store may take, all its steps together, in milliseconds. Default: 1000 */
  readonly deadlineMs?: number | undefined;
  /** Whether only what a request changed is written, so that parallel requests do not undo each other. Default: true */
  readonly merge?: boolean | undefined;
  /** Life of a session whose cookie has no maxAge. Default: 0, which is the daemon's `session.ttlSeconds` */
  readonly ttlSeconds?: number | undefined;
  /** How many ids lie ready for new sessions. Default: 64 */
  readonly spareIds?: number | undefined;
}

export interface CheckedOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly deadlineMs: number;
  readonly merge: boolean;
  readonly ttlSeconds: number;
  readonly spareIds: number;
}

const MINUTE_MS = 60_000;
const YEAR_SECONDS = 31_536_000;
const MANY = 10_000;

/** @throws StoreOptionsError naming everything that is wrong. */
export function checkedOptions(options: MagliaStoreOptions): CheckedOptions {
  const {
    url = 'http://127.0.0.1:7420',
    token,
    deadlineMs = 1000,
    merge = true,
    ttlSeconds = 0,
    spareIds = 64,
  } = options;
  const checked = { url, token, deadlineMs, merge, ttlSeconds, spareIds };
  const problems = [
    ...Object.keys(options)
      .filter((name) => !Object.hasOwn(checked, name))
      .map((name) => `${name}: is no option; there are ${Object.keys(checked).join(', ')}`),
    complaint('url', url, 'a string', typeof url === 'string'),
    complaint('token', '(hidden)', 'a string that is not empty', token === undefined || isToken(token)),
    complaint('deadlineMs', deadlineMs, `milliseconds, from 1 to ${MINUTE_MS}`, isWhole(deadlineMs, 1, MINUTE_MS)),
    complaint('merge', merge, 'true or false', typeof merge === 'boolean'),
    complaint('ttlSeconds', ttlSeconds, `seconds, from 0 to ${YEAR_SECONDS}`, isWhole(ttlSeconds, 0, YEAR_SECONDS)),
    complaint('spareIds', spareIds, `a number from 1 to ${MANY}`, isWhole(spareIds, 1, MANY)),
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new StoreOptionsError(`MagliaStore cannot be used so:\n  ${problems.join('\n  ')}`);
  return checked;
}

function complaint(name: string, found: unknown, expected: string, isRight: boolean): string | undefined {
  return isRight ? undefined : `${name}: found ${JSON.stringify(found)}; expected ${expected}`;
}

function isToken(value: unknown): boolean {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
}
