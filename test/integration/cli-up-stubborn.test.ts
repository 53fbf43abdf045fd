import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalMesh } from '../../src/cli/up/local-mesh.ts';
import { MeshDirectory } from '../../src/cli/up/mesh-directory.ts';
import { findFreeSeats } from '../../src/cli/up/ports.ts';
import { systemClock } from '../../src/clock.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { isRunning } from '../support/process-life.ts';

let place: string;

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'maglia-test-'));
});

afterEach(() => rm(place, { recursive: true }));

/** A mesh of one node that, in place of a daemon, runs this program. */
async function meshOf(program: string, clock = systemClock): Promise<LocalMesh> {
  const mainFile = join(place, 'main.mjs');
  await writeFile(mainFile, program);
  const ports = await findFreeSeats(1);
  const directory = await MeshDirectory.create(join(place, 'meshes'), { ...ports, storeKind: 'memory', settings: [] });
  return new LocalMesh(ports, { clock, mainFile, env: {}, directory, onDeath: () => undefined });
}

const READY_BUT_STUBBORN = `
  import { createServer } from 'node:http';
  process.on('SIGTERM', () => undefined);
  const address = process.argv[process.argv.indexOf('--doors-http') + 1];
  const answer = JSON.stringify({ peers: [], store: { kind: 'memory' } });
  createServer((request, response) => response.end(answer)).listen(address.split(':')[1], '127.0.0.1');
`;

const NEVER = new Promise<void>(() => undefined);

async function expectNothingLeft(pid: number): Promise<void> {
  expect(isRunning(pid)).toBe(false);
  expect(await readdir(join(place, 'meshes'))).toEqual([]);
}

describe('a node that does not heed SIGTERM', () => {
  it('is killed when its time is over', async () => {
    const clock = new FakeClock();
    const mesh = await meshOf(READY_BUT_STUBBORN, clock);
    const started = mesh.start();
    // Its readiness is asked for once in a while; time passes whenever somebody waits for it to.
    const time = setInterval(() => clock.advance(50), 5);
    const [node] = await started;
    await mesh.close(NEVER);
    clearInterval(time);
    await expectNothingLeft(node?.pid ?? 0);
  });

  it('is killed at once when the person insists', async () => {
    const mesh = await meshOf(READY_BUT_STUBBORN);
    const [node] = await mesh.start();
    await mesh.close(Promise.resolve());
    await expectNothingLeft(node?.pid ?? 0);
  });
});

describe('a node that does not start', () => {
  it('is told with the end of its log, and is not left behind', async () => {
    const mesh = await meshOf(`process.stderr.write('x'.repeat(10_000) + 'the last words'); process.exit(3);`);
    const error = await mesh.start().catch((caught: unknown) => String(caught));
    expect(error).toMatch(
      /node a did not start: it ended \(exit status 3\)\. The end of its log:\nx{1,4096}the last words$/,
    );
    await mesh.close(NEVER);
    expect(await readdir(join(place, 'meshes'))).toEqual([]);
  });

  it('is given up after 15 seconds', async () => {
    const clock = new FakeClock();
    const mesh = await meshOf(
      `process.on('SIGTERM', () => process.exit()); setInterval(() => undefined, 1000);`,
      clock,
    );
    const time = setInterval(() => clock.advance(500), 5);
    await expect(mesh.start()).rejects.toThrow('not ready within 15 s');
    await mesh.close(NEVER);
    clearInterval(time);
    expect(await readdir(join(place, 'meshes'))).toEqual([]);
  });
});
