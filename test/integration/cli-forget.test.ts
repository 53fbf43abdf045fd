import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { freePorts } from '../support/free-ports.ts';
import { runMaglia, type CommandOutcome } from '../support/maglia-command.ts';

const LIFE = { incarnation: 1_700_000_000_000, state: 'dead', isWitnessed: true, isTouched: true };
const REMEMBERED = {
  served: 1_700_000_000_001,
  peers: { b: { ...LIFE, incarnation: 1_900_000_000_000 }, c: LIFE },
  settled: { b: 5, c: 6 },
  recalled: { b: 5, c: 6 },
  untaken: { b: 5, c: 6 },
};

let place: string;
let runtimeDirectory: string;
let lives: string;

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'maglia-forget-'));
  runtimeDirectory = join(place, 'run');
  await mkdir(runtimeDirectory, { mode: 0o700 });
  lives = join(runtimeDirectory, 'lives.json');
  writeFileSync(lives, JSON.stringify(REMEMBERED), { mode: 0o600 });
});

afterEach(() => rm(place, { recursive: true }));

async function forget(
  letter: string,
  { port, json = true }: { port?: number; json?: boolean } = {},
): Promise<CommandOutcome> {
  const [free = 0] = await freePorts(1);
  return runMaglia([
    ...['forget', letter, '--letter', 'a', '--map', 'a=>127.0.0.1:7621,b=>127.0.0.1:7622,c=>127.0.0.1:7623'],
    ...['--mesh-plain', 'true', '--doors-http', `127.0.0.1:${port ?? free}`, '--runtime-directory', runtimeDirectory],
    ...(json ? ['--json'] : []),
  ]);
}

function remembered(): unknown {
  return JSON.parse(readFileSync(lives, 'utf8'));
}

describe('forget', () => {
  test('takes all that is remembered of a letter out of the file, and nothing else; a second time it says so', async () => {
    const { exitCode, stdout } = await forget('b');
    expect([exitCode, JSON.parse(stdout)]).toEqual([EXIT.ok, { letter: 'b', forgotten: true }]);
    const only = { c: 6 };
    expect(remembered()).toMatchObject({
      ...{ served: REMEMBERED.served, peers: { c: LIFE } },
      ...{ settled: only, recalled: only, untaken: only },
    });
    expect(readFileSync(lives, 'utf8')).not.toContain('"b"');
    const again = await forget('b', { json: false });
    expect(again).toMatchObject({ exitCode: EXIT.no, stdout: 'this node remembers no life of b' });
  });

  test("of this node's own letter removes the file", async () => {
    expect((await forget('a')).exitCode).toBe(EXIT.ok);
    expect(existsSync(lives)).toBe(false);
    expect((await forget('a')).exitCode).toBe(EXIT.no);
  });

  test('changes nothing where a daemon runs, and says how to end it', async () => {
    const door = createServer().listen(0, '127.0.0.1');
    await once(door, 'listening');
    const { exitCode, stderr } = await forget('b', { port: (door.address() as AddressInfo).port });
    door.close();
    expect(exitCode).toBe(EXIT.no);
    expect(stderr).toMatch(/^maglia: something listens on 127\.0\.0\.1:\d+, so the daemon runs: end it with SIGUSR2/);
    expect(remembered()).toEqual(REMEMBERED);
  });

  test('leaves the file of another user alone, whose daemon could not read ours', async () => {
    await chown(lives, 65_534, 65_534);
    const { exitCode, stderr } = await forget('b');
    expect(exitCode).toBe(EXIT.usage);
    expect(stderr).toContain("sudo -u '#65534'");
    expect(remembered()).toEqual(REMEMBERED);
  });

  test('refuses what is no letter of the map', async () => {
    const { exitCode, stderr } = await forget('x');
    expect(exitCode).toBe(EXIT.usage);
    expect(stderr).toContain('a, b, c');
  });
});
