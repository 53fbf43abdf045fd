import type { DoorContender } from '../contenders/door-contender.ts';
import type { LoadJob } from './load-job.ts';

/** What a web site's sessions look like to a memcached: an id of 27 characters behind a prefix, 600 bytes, 70/30. */
const KEYS = { prefix: 'sess:', count: 10_000 };
const VALUE_BYTES = 600;
const GET_SHARE = 0.7;
const SETTLE_SECONDS = 0.3;

export type LoadShape = Pick<LoadJob, 'protocol' | 'connections' | 'pipeline' | 'seconds' | 'rate'> & {
  readonly isUnix?: boolean;
};

export function sessionLoad(contender: DoorContender, { isUnix = false, ...shape }: LoadShape): LoadJob {
  const target = isUnix ? contender.unix : contender.tcp;
  if (target === undefined) throw new RangeError(`${contender.name} has no unix socket`);
  return {
    ...shape,
    target,
    keys: { ...KEYS, letter: contender.keyLetter },
    valueBytes: VALUE_BYTES,
    getShare: GET_SHARE,
    warmUpSeconds: SETTLE_SECONDS,
    servers: contender.servers,
  };
}

/** Opening sessions that are there, over HTTP. */
export function openLoad(
  shape: Pick<LoadJob, 'target' | 'connections' | 'seconds' | 'rate' | 'servers'> & { readonly ids: readonly string[] },
): LoadJob {
  return {
    ...shape,
    protocol: 'http',
    pipeline: 1,
    keys: { letter: '', prefix: '', count: 0 },
    valueBytes: 0,
    getShare: 1,
    warmUpSeconds: SETTLE_SECONDS,
  };
}
