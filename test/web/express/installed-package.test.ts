import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CALM, startCluster, type Cluster } from '../../support/cluster.ts';

const ROOT = join(import.meta.dirname, '../../..');
const NEIGHBOURS = ['express', 'express-session', 'fastify', '@fastify/session', '@fastify/cookie', '@types'];

const APPLICATION = `
import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import express from 'express';
import session from 'express-session';
import fastify from 'fastify';
import { DaemonUnreachableError, MagliaStore, SessionLostError, type MagliaStoreOptions } from 'maglia/express';

const options: MagliaStoreOptions = { url: 'unix:/run/maglia/http.sock', token: 'x'.repeat(16), merge: false };
const store = new MagliaStore(options);
const asAnyOther: session.Store = store;
asAnyOther.destroy('id');
store.get('id', (_error, found) => found?.cookie.originalMaxAge);
// @ts-expect-error there is no such option
new MagliaStore({ deadline: 5 });

const app = express();
app.use(store.ready, session({ store, genid: store.genid, secret: 's', resave: false, saveUninitialized: false }));
app.get('/', (request, response) => {
  request.session.save((error: unknown) => {
    if (error instanceof SessionLostError) response.send(error.reason);
    else if (error instanceof DaemonUnreachableError) response.status(error.statusCode).send(error.code);
  });
});

const other = fastify();
await other.register(fastifyCookie);
other.addHook('onRequest', store.ready);
await other.register(fastifySession, { store, idGenerator: store.genid, secret: 's'.repeat(32) });
`;

/** Says what came, and goes on to nothing. */
const SCRIPT = `
import { MagliaStore } from 'maglia/express';
const store = new MagliaStore({ url: process.argv[2] });
store.get('nobody', (error, found) => console.log(error?.code ?? 'no error', found));
`;

describe('the package, as an application installs it', () => {
  let folder: string;
  let cluster: Cluster;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'maglia-consumer-'));
    const modules = join(folder, 'node_modules');
    mkdirSync(join(modules, 'maglia'), { recursive: true });
    cpSync(join(ROOT, 'package.json'), join(modules, 'maglia/package.json'));
    cpSync(join(ROOT, 'dist'), join(modules, 'maglia/dist'), { recursive: true });
    for (const name of NEIGHBOURS) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
    }
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'app.ts'), APPLICATION);
    writeFileSync(join(folder, 'script.js'), SCRIPT);
    cluster = await startCluster({ letters: ['a'], store: 'memory', config: CALM });
  });

  afterAll(async () => {
    await cluster.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([false, true])('its types fit, with exactOptionalPropertyTypes %s', async (exactOptionalPropertyTypes) => {
    const compilerOptions = {
      target: 'ES2022',
      module: 'NodeNext',
      strict: true,
      noEmit: true,
      types: ['node'],
      exactOptionalPropertyTypes,
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['app.ts'] }));
    const { exitCode, stdout } = await execa('node', [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder], {
      reject: false,
    });
    expect(stdout).toBe('');
    expect(exitCode).toBe(0);
  });

  test('only what is meant for applications can be imported', async () => {
    const deep = await execa('node', ['-e', "import('maglia/dist/daemon.js')"], { cwd: folder, reject: false });
    expect(deep.stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  test('a store does not keep its process alive, with a daemon or without', async () => {
    const up = await execa('node', ['script.js', cluster.node('a').http], { cwd: folder, timeout: 20_000 });
    expect(up.stdout).toBe('no error undefined');
    const down = await execa('node', ['script.js', 'unix:/nowhere/at.all'], { cwd: folder, timeout: 20_000 });
    expect(down.stdout).toBe('DAEMON_UNREACHABLE undefined');
  });
});
