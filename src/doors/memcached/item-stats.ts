import { clientError, type MemcachedReply } from './protocol/reply.ts';

/** memcached has so many classes of items, by their size. */
const SLAB_CLASSES = 63;

/** Answers those `stats` that would tell of keys; undefined for others. Nobody is told the names of sessions. */
export function itemStats(argument: string): MemcachedReply | undefined {
  const [report = '', ...words] = argument.split(' ');
  switch (report) {
    case 'cachedump':
      return cachedump(words);
    case 'detail':
      return detail(words);
    default:
      return undefined;
  }
}

/** Every class is empty. */
function cachedump([slab = '', limit]: readonly string[]): MemcachedReply {
  if (limit === undefined) return clientError('bad command line');
  if (!/^\d+$/.test(slab) || !/^\d+$/.test(limit)) return clientError('bad command line format');
  return Number(slab) > SLAB_CLASSES ? clientError('Illegal slab id') : { kind: 'stats', stats: [] };
}

/** Nothing is counted by prefixes, so that there is nothing to switch on, and nothing to tell. */
function detail([word]: readonly string[]): MemcachedReply {
  if (word === 'dump') return { kind: 'stats', stats: [] };
  return word === 'on' || word === 'off' ? { kind: 'ok' } : clientError('usage: stats detail on|off|dump');
}
