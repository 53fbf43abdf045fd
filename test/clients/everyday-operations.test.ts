import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { openDoors, type Doors } from './doors.ts';

/** What each of them comes to with any memcached and any client. */
const EXPECTED: Readonly<Record<string, unknown>> = {
  'set and get': 'value',
  'get of nothing': true,
  'add of a new key': true,
  'add of a key that is there': false,
  'replace of nothing': false,
  replace: true,
  'append and prepend': '<middle>',
  'append to nothing': false,
  cas: true,
  'cas after another write': false,
  'cas of nothing': true,
  incr: 15,
  decr: 12,
  'decr below zero': 0,
  'incr of nothing': false,
  'incr of a text': false,
  'incr that creates': [7, 8],
  touch: true,
  'touch of nothing': false,
  'get and touch': 'second',
  delete: true,
  'delete of nothing': false,
  'get after delete': false,
  'set after delete': true,
  'multi-get': 'm1,m2,m3',
  'large value': true,
  'too large a value': false,
  'go on after too large a value': true,
  'all byte values': true,
  'empty value': '',
  'a key in another script': true,
  'an object': '{"basket":["book"]}',
  'quiet sets': true,
  expiry: true,
  version: expect.stringMatching(/^\d+\.\d+\.\d+/),
  stats: true,
  flush: true,
};

interface Client {
  readonly name: string;
  readonly program: string;
  /** The script in operations/, and what it is told before the addresses. */
  readonly script: readonly string[];
  /** How many operations its library offers. */
  readonly operations: number;
  readonly otherwise?: Readonly<Record<string, unknown>>;
}

const CLIENTS: readonly Client[] = [
  { name: 'php-memcached, binary', program: '/usr/bin/php', script: ['operations.php', 'binary'], operations: 29 },
  { name: 'php-memcached, text', program: '/usr/bin/php', script: ['operations.php', 'text'], operations: 29 },
  { name: 'pymemcache', program: '/usr/bin/python3', script: ['operations_pymemcache.py'], operations: 34 },
  { name: 'pylibmc, text', program: '/usr/bin/python3', script: ['operations_pylibmc.py', 'text'], operations: 29 },
  { name: 'pylibmc, binary', program: '/usr/bin/python3', script: ['operations_pylibmc.py', 'binary'], operations: 29 },
  { name: 'dalli', program: '/usr/bin/ruby', script: ['operations.rb'], operations: 33 },
  {
    name: 'memjs',
    program: process.execPath,
    script: ['operations-memjs.mjs'],
    operations: 26,
    // Its prepend sends an append (memjs 1.3.2).
    otherwise: { 'append and prepend': 'middle><' },
  },
  { name: 'npm memcached', program: process.execPath, script: ['operations-memcached.mjs'], operations: 29 },
];

const FOLDER = join(import.meta.dirname, 'operations');

describe.each([
  { nodes: 'one node', letters: ['a'] },
  { nodes: 'three nodes in turn', letters: ['a', 'b', 'c'] },
])('the everyday operations, through $nodes', ({ letters }) => {
  let doors: Doors;

  beforeAll(async () => {
    doors = await openDoors({ letters, doors: { allowFlush: true } });
    return () => doors.close();
  });

  test.each(CLIENTS)('$name', async ({ program, script: [file = '', ...args], operations, otherwise }) => {
    const { stdout } = await execa(program, [join(FOLDER, file), ...args, ...doors.addresses], { timeout: 50_000 });
    const seen = JSON.parse(stdout) as Record<string, unknown>;
    const expected = Object.keys(seen).map((name) => [name, { ...EXPECTED, ...otherwise }[name] ?? 'not in the table']);
    expect(seen).toEqual(Object.fromEntries(expected));
    expect(Object.keys(seen)).toHaveLength(operations);
  });
});
