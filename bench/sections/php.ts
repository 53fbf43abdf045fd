import { join } from 'node:path';
import type { BenchContext } from '../bench-context.ts';
import { direct, forwarded, ownLetter, startBenchMesh } from '../contenders/door-contenders.ts';
import type { DoorContender } from '../contenders/door-contender.ts';
import { BenchRedis } from '../contenders/redis.ts';
import { runPhpPages } from '../load/php-pages.ts';
import { sessionKeys } from '../load/session-keys.ts';
import { runRaces, type Race } from '../rounds.ts';
import type { SectionOutcome } from '../section-result.ts';

const OUR_CLIENT = join(import.meta.dirname, '../../clients/php/prepend.php');

/** PHPs at a time. */
const PAGES_AT_ONCE = [1, 8];

interface PhpContender {
  readonly name: string;
  readonly settings: readonly string[];
  readonly ids: readonly string[];
  readonly servers: readonly number[];
}

/** A page's session work in PHP: read with its lock, write, unlock; a new connection for each page, as PHP ships it. */
export async function php(context: BenchContext): Promise<SectionOutcome> {
  const mesh = await startBenchMesh(['a', 'b'], {}, context);
  const redis = await BenchRedis.start(context.directory);
  context.cleanup.add(() => redis.end());
  const own = await ownLetter(mesh, 'door, ext-memcached');
  const contenders: readonly PhpContender[] = [
    extMemcached(own),
    extMemcached(await forwarded(mesh, 'door, forwarded, ext-memcached')),
    {
      name: 'our PHP client',
      settings: [`auto_prepend_file=${OUR_CLIENT}`, `maglia.url=${mesh.node('a').http}`],
      ids: Array.from({ length: Math.max(...PAGES_AT_ONCE) }, () => ''),
      servers: own.servers,
    },
    extMemcached({ ...(await direct(context)), name: 'memcached, ext-memcached' }),
    {
      name: 'redis, phpredis',
      settings: [
        ...['session.save_handler=redis', `session.save_path=tcp://${redis.address}`],
        'redis.session.locking_enabled=1',
      ],
      ids: visitors('a'),
      servers: [redis.pid],
    },
  ];
  return {
    comparisons: await runRaces(
      PAGES_AT_ONCE.map((count) => race(count, contenders, context)),
      context,
    ),
  };
}

function extMemcached({ name, tcp, keyLetter, servers }: DoorContender): PhpContender {
  if ('path' in tcp) throw new RangeError('PHP is measured over TCP');
  return {
    name,
    settings: ['session.save_handler=memcached', `session.save_path=${tcp.host}:${tcp.port}`],
    ids: visitors(keyLetter),
    servers,
  };
}

function visitors(letter: string): readonly string[] {
  return sessionKeys({ letter, prefix: '', count: Math.max(...PAGES_AT_ONCE) });
}

function race(count: number, contenders: readonly PhpContender[], { signal }: BenchContext): Race {
  const row = `pages, ${count} at a time`;
  return {
    row,
    tool: 'php',
    against: 'memcached, ext-memcached',
    entrants: contenders.map(({ name, settings, ids, servers }) => ({
      name,
      run: (seconds) =>
        runPhpPages({ what: `${row}, ${name}`, settings, ids: ids.slice(0, count), seconds, servers, signal }),
    })),
  };
}
