import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { CALM, startCluster } from '../support/cluster.ts';
import { Visitor, type Page } from '../support/visitor.ts';
import { IS_MESH } from './doors.ts';
import { django, express, php, rack, type SessionApplication, type User } from './session-applications.ts';

interface Client {
  readonly name: string;
  readonly kind: (user: User) => SessionApplication;
  /** Some are told who they are along with the address. */
  readonly toDoor: (address: string, user: User) => string;
  /** How a visitor's three pages are answered where the door turns it away. */
  readonly denied: readonly number[];
}

const asItIs = (address: string): string => address;

/** pymemcache, PHP over the text protocol and npm's memcached cannot say who they are. */
const CLIENTS: readonly Client[] = [
  {
    name: 'PHP',
    kind: ({ name, password }) =>
      php('PHP', { 'memcached.sess_sasl_username': name, 'memcached.sess_sasl_password': password }),
    toDoor: asItIs,
    denied: [500, 500, 500],
  },
  {
    name: 'Django, PyLibMCCache',
    kind: (user) => django('PyLibMCCache', user),
    toDoor: asItIs,
    denied: [500, 500, 500],
  },
  {
    name: 'Express, connect-memjs',
    kind: () => express('connect-memjs'),
    toDoor: (address, { name, password }) => `${name}:${password}@${address}`,
    // A new session is saved only when the page is out.
    denied: [200, 500, 500],
  },
  {
    name: 'Rack, dalli',
    kind: rack,
    toDoor: (address, { name, password }) => `memcached://${name}:${password}@${address}`,
    // With an empty session each time.
    denied: [200, 200, 200],
  },
];

const SHOP: User = { name: 'shop', password: 'a-good-long-password' };
const THIEF: User = { name: 'shop', password: 'a-bad-long-password' };

describe.runIf(IS_MESH)('S7: a door with users', () => {
  let door: string;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'maglia-users-'));
    const usersFile = join(folder, 'users');
    writeFileSync(usersFile, `${SHOP.name}:${SHOP.password}\n`, { mode: 0o600 });
    const cluster = await startCluster({ letters: ['a'], doors: { usersFile }, config: CALM });
    door = cluster.node('a').memcached;
    return async () => {
      await cluster.close();
      rmSync(folder, { recursive: true });
    };
  });

  async function browse({ kind, toDoor }: Client, user: User): Promise<Page[]> {
    const application = await kind(user).start(toDoor(door, user));
    try {
      const visitor = new Visitor();
      const pages: Page[] = [];
      for (let n = 0; n < 3; n += 1) pages.push(await visitor.visit(`${application.url}/count`));
      return pages;
    } finally {
      await application.stop();
    }
  }

  test.each(CLIENTS)('$name keeps its sessions with the password', async (client) => {
    const pages = await browse(client, SHOP);
    expect(
      pages.map(({ body }) => body['counter']),
      pages.map(({ text }) => text).join(),
    ).toEqual([1, 2, 3]);
  });

  test.each(CLIENTS)('$name keeps nothing with another password', async (client) => {
    const pages = await browse(client, THIEF);
    expect(pages.map(({ status }) => status)).toEqual(client.denied);
    expect(pages.filter(({ status, body }) => status === 200 && body['counter'] !== 1)).toEqual([]);
  });

  test('libmemcached-tools are served with the password only', async () => {
    const file = join(folder, 'basket');
    writeFileSync(file, 'book');
    const run = async (tool: string, what: string, { name, password }: User): Promise<number | undefined> => {
      const flags = [`--servers=${door}`, '--binary', `--username=${name}`, `--password=${password}`];
      return (await execa(`/usr/bin/${tool}`, [...flags, what], { reject: false })).exitCode;
    };
    expect(await run('memccp', file, THIEF)).not.toBe(0);
    expect(await run('memcexist', 'basket', SHOP)).not.toBe(0);
    expect(await run('memccp', file, SHOP)).toBe(0);
    expect(await run('memcexist', 'basket', SHOP)).toBe(0);
    expect(await run('memcexist', 'basket', THIEF)).not.toBe(0);
  });
});
