// Starts the counter site on this machine: three hosts, each a daemon and the page in three languages, behind one load
// balancer. With --json it prints one line when all answers, for programs; without, what a person needs. Ctrl-C ends it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { balancerConfig } from './balancer.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = join(HERE, '../..');
const PATIENCE_MS = 30_000;

const LANGUAGES = {
  php: (address) => ({
    program: '/usr/bin/php',
    args: [
      ...['-d', `auto_prepend_file=${join(ROOT, 'clients/php/prepend.php')}`, '-d', 'session.name=maglia'],
      // A script given after the address would run without auto_prepend_file.
      ...['-S', address, '-t', join(HERE, 'php')],
    ],
    // Else its own server answers one visitor after the other.
    env: { PHP_CLI_SERVER_WORKERS: '4' },
  }),
  django: (address) => ({
    program: '/usr/bin/python3',
    args: [join(HERE, 'django/site.py'), address],
    env: { PYTHONPATH: [join(ROOT, 'clients/python/src'), process.env.PYTHONPATH].filter(Boolean).join(delimiter) },
  }),
  express: (address) => ({ program: process.execPath, args: [join(HERE, 'express/site.mjs'), address], env: {} }),
};

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false }, port: { type: 'string', default: '0' } },
});

const running = new Set();
const directory = await mkdtemp(join(tmpdir(), 'maglia-example-'));
const stopped = new Promise((resolve) => {
  // Not once: npm passes on a Ctrl-C that the terminal sends to all, and the second must not end us before the rest.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => resolve(signal));
});

try {
  const site = await Promise.race([startSite(), stopped.then(() => undefined)]);
  if (site !== undefined) {
    print(site);
    await stopped;
  }
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  await Promise.all([...running].map(end));
  await rm(directory, { recursive: true, force: true });
}

async function startSite() {
  const nodes = await startMesh();
  const hosts = await Promise.all(nodes.map(startHost));
  const port = Number(options.port) || (await freePort());
  const file = join(directory, 'haproxy.cfg');
  await writeFile(file, balancerConfig(port, hosts));
  const balancer = launch('the load balancer', '/usr/sbin/haproxy', ['-db', '-f', file]);
  const url = `http://127.0.0.1:${port}/`;
  await answers(`${url}healthz`, balancer);
  return { url, balancer: { pid: balancer.pid }, hosts };
}

/** The three daemons, as `maglia up` starts them. */
async function startMesh() {
  const up = launch('maglia', process.execPath, [
    join(ROOT, 'dist/main.js'),
    'up',
    '--json',
    '--runtime-directory',
    directory,
  ]);
  const [line] = await Promise.race([once(createInterface(up.stdout), 'line'), failed(up)]);
  return JSON.parse(line).nodes;
}

async function startHost({ letter, pid, http }) {
  const applications = await Promise.all(
    Object.entries(LANGUAGES).map(async ([language, describe]) => {
      const address = `127.0.0.1:${await freePort()}`;
      const { program, args, env } = describe(address);
      const application = launch(`${language} on host ${letter}`, program, args, {
        ...env,
        MAGLIA_URL: http,
        HOST_LETTER: letter,
      });
      await answers(`http://${address}/healthz`, application);
      return { language, address, pid: application.pid };
    }),
  );
  return { letter, daemon: { pid, http }, applications };
}

/** In a process group of its own, so that its children end with it and a Ctrl-C reaches only us. */
function launch(name, program, args, env = {}) {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  child.said = '';
  child.title = name;
  child.stdout.resume();
  child.stderr.on('data', (chunk) => (child.said = (child.said + chunk).slice(-2000)));
  child.gone = new Promise((resolve) => child.once('close', resolve).once('error', resolve));
  running.add(child);
  void child.gone.then(() => running.delete(child));
  return child;
}

async function failed(child) {
  const how = await child.gone;
  const hint = how?.code === 'ENOENT' ? ' (npm run example installs what it needs; start it with that)' : '';
  throw new Error(`${child.title} ended before it was ready${hint}\n${child.said}`);
}

async function answers(url, child) {
  const deadline = AbortSignal.timeout(PATIENCE_MS);
  const answered = async () => {
    while (!deadline.aborted) {
      const isUp = await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isUp) return;
      await wait(50);
    }
    throw new Error(`${child.title} did not answer at ${url}\n${child.said}`);
  };
  await Promise.race([answered(), failed(child)]);
}

async function end(child) {
  for (const [signal, graceMs] of [
    ['SIGTERM', 5000],
    ['SIGKILL', 1000],
  ]) {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // Gone already.
    }
    if (await Promise.race([child.gone.then(() => true), wait(graceMs, false, { ref: false })])) return;
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function print(site) {
  if (options.json) {
    process.stdout.write(`${JSON.stringify(site)}\n`);
    return;
  }
  const rows = site.hosts.flatMap(({ letter, daemon, applications }) => [
    `  host ${letter}   daemon ${daemon.http} (pid ${daemon.pid})`,
    ...applications.map(
      ({ language, address, pid }) => `           ${language.padEnd(8)} http://${address}/ (pid ${pid})`,
    ),
  ]);
  process.stdout.write(
    `${rows.join('\n')}\n\nOpen ${site.url} and load it again and again. Kill a host's daemon and applications\nby their pids, and go on. Ctrl-C stops everything.\n`,
  );
}
