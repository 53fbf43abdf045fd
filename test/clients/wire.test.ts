import { beforeAll, describe, expect, test } from 'vitest';
import { PlainMemcached } from '../support/plain-memcached.ts';
import { RecordingProxy } from '../support/recording-proxy.ts';
import { transcribe } from '../support/transcript.ts';
import { until } from '../support/until.ts';
import { Visitor } from '../support/visitor.ts';
import type { WebApplication } from '../support/web-application.ts';
import { django, express, php, rack, type SessionApplication } from './session-applications.ts';

/*
 * What the stock clients send, against the real memcached. The door is built on this: when a new version of a client
 * sends something else, it is here that it shows.
 */

interface Visit {
  readonly path: string;
  readonly says: string;
  /** <old> and <new> stand for the ids before and after, <…> for any other. */
  readonly sent: readonly string[];
}

interface Script {
  readonly kind: SessionApplication;
  readonly visits: readonly Visit[];
}

const PHP = 'memc.sess.key.';
const PHP_LOCK = 'memc.sess.key.lock.';
/** 31 days: for memcached a moment in 1970, so that what is added has expired already. */
const PROBE = '0 2678400 0';

const SCRIPTS: readonly Script[] = [
  {
    kind: php('PHP, strict mode, locking: the binary protocol'),
    visits: [
      {
        path: '/count',
        says: 'a first visit reserves an id for max_execution_time, locks it, reads, writes and unlocks',
        sent: [
          `add ${PHP}<new> 0 30 0`,
          `add ${PHP_LOCK}<new> 0 30 1`,
          `getk ${PHP}<new>`,
          `set ${PHP}<new> 0 1440 12`,
          `delete ${PHP_LOCK}<new>`,
          'quit',
        ],
      },
      {
        path: '/count',
        says: 'a later visit asks first whether the id exists, with an add that expires at once',
        sent: [
          `add ${PHP}<old> ${PROBE}`,
          `add ${PHP_LOCK}<old> 0 30 1`,
          `getk ${PHP}<old>`,
          `set ${PHP}<old> 0 1440 12`,
          `delete ${PHP_LOCK}<old>`,
          'quit',
        ],
      },
      {
        path: '/read',
        says: 'an unchanged session is touched',
        sent: [
          `add ${PHP}<old> ${PROBE}`,
          `add ${PHP_LOCK}<old> 0 30 1`,
          `getk ${PHP}<old>`,
          `touch ${PHP}<old> 1440`,
          `delete ${PHP_LOCK}<old>`,
          'quit',
        ],
      },
      {
        path: '/regenerate',
        says: 'a new id is drawn four times on a second connection, since what was just reserved counts as taken',
        sent: [
          `add ${PHP}<old> ${PROBE}`,
          `add ${PHP_LOCK}<old> 0 30 1`,
          `getk ${PHP}<old>`,
          `delete ${PHP}<old>`,
          `delete ${PHP_LOCK}<old>`,
          'quit',
          ...Array.from({ length: 3 }, () => [`add ${PHP}<…> 0 30 0`, `add ${PHP}<…> ${PROBE}`]).flat(),
          `add ${PHP}<new> 0 30 0`,
          `add ${PHP_LOCK}<new> 0 30 1`,
          `getk ${PHP}<new>`,
          `set ${PHP}<new> 0 1440 12`,
          `delete ${PHP_LOCK}<new>`,
          'quit',
        ],
      },
      {
        path: '/destroy',
        says: 'a logout deletes',
        sent: [
          `add ${PHP}<old> ${PROBE}`,
          `add ${PHP_LOCK}<old> 0 30 1`,
          `getk ${PHP}<old>`,
          `delete ${PHP}<old>`,
          `delete ${PHP_LOCK}<old>`,
          'quit',
        ],
      },
      {
        path: '/count',
        says: 'an id that is gone is followed by a new one',
        sent: [
          `add ${PHP}<old> ${PROBE}`,
          `add ${PHP}<new> 0 30 0`,
          `add ${PHP_LOCK}<new> 0 30 1`,
          `getk ${PHP}<new>`,
          `set ${PHP}<new> 0 1440 12`,
          `delete ${PHP_LOCK}<new>`,
          'quit',
        ],
      },
    ],
  },
  {
    kind: php('PHP, the text protocol, without strict mode and without locking', {
      'memcached.sess_binary_protocol': 0,
      'memcached.sess_locking': 0,
      'session.use_strict_mode': 0,
    }),
    visits: [
      {
        path: '/count',
        says: 'a first visit reserves an id all the same',
        sent: [`add ${PHP}<new> 0 30 0`, `get ${PHP}<new>`, `set ${PHP}<new> 0 1440 12`, 'quit'],
      },
      {
        path: '/count',
        says: 'then it reads and writes',
        sent: [`get ${PHP}<old>`, `set ${PHP}<old> 0 1440 12`, 'quit'],
      },
      { path: '/destroy', says: 'a logout deletes', sent: [`get ${PHP}<old>`, `delete ${PHP}<old>`, 'quit'] },
      {
        path: '/count',
        says: 'the next visit goes on under the id that was destroyed',
        sent: [`get ${PHP}<old>`, `set ${PHP}<old> 0 1440 12`, 'quit'],
      },
    ],
  },
  {
    kind: php('PHP with a prefix and a lock time of its own', {
      'memcached.sess_prefix': 'shop.',
      'memcached.sess_lock_expire': 7,
    }),
    visits: [
      {
        path: '/count',
        says: 'both stand in every command',
        sent: [
          'add shop.<new> 0 7 0',
          'add shop.lock.<new> 0 7 1',
          'getk shop.<new>',
          'set shop.<new> 0 1440 12',
          'delete shop.lock.<new>',
          'quit',
        ],
      },
    ],
  },
  ...(['PyMemcacheCache', 'PyLibMCCache'] as const).map((backend): Script => {
    const key = ':1:django.contrib.sessions.cache';
    const quit = backend === 'PyLibMCCache' ? ['quit'] : [];
    return {
      kind: django(backend),
      visits: [
        {
          path: '/count',
          says: 'a first visit looks whether the id is free, and adds the session for two weeks',
          sent: [`get ${key}<new>`, `add ${key}<new> 1 1209600 27`, ...quit],
        },
        {
          path: '/count',
          says: 'a save looks first whether the session is still there',
          sent: [`get ${key}<old>`, `get ${key}<old>`, `set ${key}<old> 1 1209600 27`, ...quit],
        },
        { path: '/read', says: 'an unchanged session is read only', sent: [`get ${key}<old>`, ...quit] },
        {
          path: '/regenerate',
          says: 'a new id is added, and then the old one is deleted',
          sent: [
            `get ${key}<old>`,
            `get ${key}<new>`,
            `add ${key}<new> 1 1209600 27`,
            `delete ${key}<old>`,
            `get ${key}<new>`,
            `set ${key}<new> 1 1209600 27`,
            ...quit,
          ],
        },
        { path: '/destroy', says: 'a logout deletes', sent: [`delete ${key}<old>`, ...quit] },
      ],
    };
  }),
  {
    kind: express('connect-memcached', { prefix: '' }),
    visits: [
      { path: '/count', says: 'there is no prefix unless one is set', sent: ['set <new> 2 86400 88'] },
      { path: '/count', says: 'JSON under flags 2', sent: ['get <old>', 'set <old> 2 86400 88'] },
      { path: '/read', says: 'a touch is a set', sent: ['get <old>', 'set <old> 2 86400 88'] },
      { path: '/regenerate', says: 'a new id is set', sent: ['get <old>', 'delete <old>', 'set <new> 2 86400 88'] },
      { path: '/destroy', says: 'a logout deletes', sent: ['get <old>', 'delete <old>'] },
    ],
  },
  {
    kind: express('connect-memjs', { prefix: '' }),
    visits: [
      { path: '/count', says: 'there is no prefix unless one is set', sent: ['set <new> 0 86400 88'] },
      { path: '/count', says: 'JSON, in the binary protocol', sent: ['get <old>', 'set <old> 0 86400 88'] },
      { path: '/read', says: 'with resave it is set as it was', sent: ['get <old>', 'set <old> 0 86400 88'] },
      { path: '/destroy', says: 'a logout deletes', sent: ['get <old>', 'delete <old>'] },
    ],
  },
  {
    kind: rack(),
    visits: [
      {
        path: '/count',
        says: 'a first visit looks whether the id is free, adds an empty session, and sets it',
        sent: [
          'version',
          'get rack:session:<new>',
          'add rack:session:<new> 1 1441 4',
          'set rack:session:<new> 1 1441 21',
        ],
      },
      {
        path: '/count',
        says: 'then it reads and writes',
        sent: ['get rack:session:<old>', 'set rack:session:<old> 1 1441 21'],
      },
      {
        path: '/regenerate',
        says: 'a renewed session is set, not added, so that nothing can steer it',
        sent: [
          'get rack:session:<old>',
          'delete rack:session:<old>',
          'get rack:session:<new>',
          'set rack:session:<new> 1 1441 21',
        ],
      },
      {
        path: '/destroy',
        says: 'a logout deletes, and sets an empty session under a new id',
        sent: [
          'get rack:session:<old>',
          'delete rack:session:<old>',
          'get rack:session:<new>',
          'set rack:session:<new> 1 1441 4',
        ],
      },
    ],
  },
];

for (const { kind, visits } of SCRIPTS) {
  // One visitor all the way: each test goes on where the one before it ended.
  describe(kind.name, () => {
    const visitor = new Visitor();
    let memcached: PlainMemcached;
    let proxy: RecordingProxy;
    let application: WebApplication;
    let heard = 0;

    beforeAll(async () => {
      memcached = await PlainMemcached.start();
      proxy = await RecordingProxy.to(memcached.address);
      application = await kind.start(proxy.address);
      return async () => {
        await application.stop();
        await proxy.close();
        await memcached.close();
      };
    });

    const said = (): string[] => proxy.conversations.flatMap(({ sent }) => transcribe(sent));
    const id = (): string => kind.idOf(visitor.cookie(kind.cookie) ?? '');

    test.each(visits)('$path: $says', async ({ path, sent }) => {
      const before = id();
      expect((await visitor.visit(application.url + path)).status).toBe(200);
      // What a client says last, quit, may come after its page.
      await until(`${sent.length} requests`, () => said().length >= heard + sent.length);
      const lines = said().slice(heard);
      heard += lines.length;
      expect(lines.map((line) => withNames(line, before, id()))).toEqual(sent);
    });
  });
}

function withNames(line: string, before: string, after: string): string {
  const named = before === '' ? line : line.replaceAll(before, '<old>');
  const both = after === '' ? named : named.replaceAll(after, '<new>');
  // Where the id did not change there is only one to name.
  return both.replace(/(memc\.sess\.key\.)[0-9a-v]{26}/, '$1<…>');
}
