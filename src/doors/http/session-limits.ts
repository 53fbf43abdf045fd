import type { SessionConfig } from '../../config/config.ts';
import type { Content } from '../../session/command.ts';
import { invalid, ProblemError } from './problem-error.ts';
import { PROBLEMS } from './problems.ts';

/** @throws ProblemError TOO_LARGE, so that what no owner takes is not even sent there. */
export function refuseTooLarge(payload: Content['payload'], session: SessionConfig): void {
  if (payload.length <= session.maxBytes) return;
  throw new ProblemError({ code: 'TOO_LARGE', message: PROBLEMS.TOO_LARGE.means });
}

/** @throws ProblemError where the life asked for is longer than the configuration allows. */
export function refuseTooLong(ttlSeconds: number | undefined, session: SessionConfig): void {
  const most = session.maxTtlSeconds;
  if (ttlSeconds === undefined || ttlSeconds <= most) return;
  // By `most` a client knows what to cut it to.
  throw invalid('ttlSeconds', `must be at most ${most}, as session.maxTtlSeconds says`, { most });
}

/** The header that says what `ttlSeconds` says elsewhere, for bodies that are nothing but data. */
export const TTL_HEADER = 'maglia-ttl-seconds';

/** @throws ProblemError where the header is not a whole number of seconds within the limits. */
export function ttlOfHeader(header: string | string[] | undefined, session: SessionConfig): number | undefined {
  if (header === undefined) return undefined;
  const most = session.maxTtlSeconds;
  if (typeof header !== 'string' || !/^\d{1,10}$/.test(header) || Number(header) > most) {
    throw invalid('Maglia-Ttl-Seconds', `must be a whole number of seconds, from 0 to ${most}`, { most });
  }
  return Number(header);
}
