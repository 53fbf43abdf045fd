import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { bind } from '../../src/doors/kit/bind.ts';
import { ListenError } from '../../src/listening/listen-error.ts';
import type { FlagValues } from '../../src/config/sources.ts';
import { InProcessNode } from '../support/in-process-node.ts';

const run = promisify(execFile);

/** A user of Debian's that web servers run as; to become it one has to be root. */
const WEB = 'www-data';
const WEB_GROUP = 33;
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

const CONNECT = `require('node:net').connect(process.argv[1])
  .on('connect', () => { console.log('connected'); process.exit(); })
  .on('error', (error) => { console.log(error.code); process.exit(); })`;

let node: InProcessNode | undefined;

afterEach(async () => {
  await node?.close();
  node = undefined;
});

/** Both doors on unix sockets, in a folder that every user may enter. */
async function sockets(flags: FlagValues): Promise<readonly string[]> {
  const files = { '/etc/group': { text: `root:x:0:\n${WEB}:x:${WEB_GROUP}:\n` } };
  node = await InProcessNode.start(flags, files);
  await chmod(dirname(node.path), 0o755);
  return [node.path, join(dirname(node.path), 'http.sock')];
}

async function asWebServer(path: string): Promise<string> {
  const words = ['--reuid', WEB, '--regid', WEB, '--clear-groups', process.execPath, '-e', CONNECT, path];
  return (await run('setpriv', words)).stdout.trim();
}

/** Does this without root's rights, also where root runs the tests. */
async function asOrdinaryUser(work: () => Promise<void>): Promise<void> {
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

describe('the unix sockets of the doors', () => {
  test.each([
    [{}, 0o660],
    [{ doorsSocketMode: '0666' }, 0o666],
    [{ doorsSocketMode: '600' }, 0o600],
  ])('with %j have the mode %s', async (flags, mode) => {
    for (const path of await sockets(flags)) expect((await stat(path)).mode & 0o777).toBe(mode);
  });

  test.runIf(isRoot)("are shut for the web server's user unless it is told to them", async () => {
    for (const path of await sockets({})) expect(await asWebServer(path)).toBe('EACCES');
  });

  test
    .runIf(isRoot)
    .each([[{ doorsSocketGroup: WEB }], [{ doorsSocketGroup: String(WEB_GROUP) }], [{ doorsSocketMode: '0666' }]])(
    'let it in with %j',
    async (flags) => {
      for (const path of await sockets(flags)) expect(await asWebServer(path)).toBe('connected');
    },
  );

  test.runIf(isRoot)('of a group keep everybody else out', async () => {
    for (const path of await sockets({ doorsSocketGroup: '4242' })) {
      expect(await stat(path)).toMatchObject({ uid: 0, gid: 4242 });
      expect(await asWebServer(path)).toBe('EACCES');
    }
  });

  test('of a group that this user may not give them keep the daemon from starting', async () => {
    await asOrdinaryUser(async () => {
      await expect(sockets({ doorsSocketGroup: '4242' })).rejects.toThrow(ListenError);
    });
  });

  test("are their user's alone from the moment they are there until group and mode are set", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'maglia-socket-'));
    const path = join(folder, 'door.sock');
    const server = createServer();
    const first = new Promise((resolve) => server.once('listening', () => resolve(statSync(path).mode & 0o777)));
    const access = { mode: 0o666 };
    await bind(server, { kind: 'unix', path }, { advice: '', access, clock: systemClock });
    expect(await first).toBe(0o600);
    expect(statSync(path).mode & 0o777).toBe(0o666);
    server.close();
    await rm(folder, { recursive: true });
  });
});
