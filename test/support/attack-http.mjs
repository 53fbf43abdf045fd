/*
 * Clients that do harm, in a process of their own, so that the test's event loop and the daemon's are not what is busy.
 * `node attack-http.mjs patches <URL of a session>...` or `node attack-http.mjs half-bodies <URL of a session> <connections> <bytes>`.
 * Prints a line of JSON, how often each status was answered: half bodies when standard input ends, until when they are held.
 */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { URL } from 'node:url';

const [, , attack, ...words] = process.argv;

const STORM_MS = 6000;
const MEBIBYTE = 1_000_000;

/** About 1 MB of JSON with so many keys in it. */
function patch(keys) {
  const length = Math.floor(MEBIBYTE / keys) - 12;
  const value = 'x'.repeat(length);
  const members = Array.from({ length: keys }, (_, at) => `"k${String(at).padStart(5, '0')}":"${value}"`);
  return Buffer.from(`{${members.join(',')}}`);
}

/** What is allowed with a session that has the same keys; one key more than any; and what is refused after it is merged. */
const PATCHES = [patch(4990), patch(10_001), patch(4990), Buffer.from(`{"n":[${'1,'.repeat(499_000)}1]}`)];

function send(agent, url, body) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/merge-patch+json', 'content-length': body.length };
    const call = request(url, { method: 'PATCH', agent, headers }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode));
    });
    call.once('error', reject);
    call.end(body);
  });
}

async function storm(urls) {
  const statuses = {};
  const endsAt = performance.now() + STORM_MS;
  const client = async (url) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let at = 0; performance.now() < endsAt; at += 1) {
      const status = await send(agent, url, PATCHES[at % PATCHES.length]);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
    agent.destroy();
  };
  await Promise.all(urls.map(client));
  return statuses;
}

/** Each sends all of its body but one byte. What is answered is counted for as long as the connections are held. */
async function halfBodies(url, connections, bytes) {
  const { host, hostname, pathname, port } = new URL(url);
  const head = `PUT ${pathname} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n`;
  const body = Buffer.alloc(bytes - 1, 'x');
  const statuses = {};
  const client = () =>
    new Promise((resolve) => {
      const socket = connect({ host: hostname, port: Number(port) });
      let received = '';
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1');
        const status = /^HTTP\/1\.1 (\d+) /.exec(received)?.[1];
        if (status === undefined || socket.isCounted) return;
        socket.isCounted = true;
        statuses[status] = (statuses[status] ?? 0) + 1;
      });
      socket.on('error', () => resolve());
      socket.on('close', () => resolve());
      socket.write(head);
      socket.write(body, () => resolve());
    });
  await Promise.all(Array.from({ length: Number(connections) }, client));
  return statuses;
}

const statuses = await (attack === 'patches' ? storm(words) : halfBodies(words[0], words[1], Number(words[2])));
if (attack === 'half-bodies') {
  process.stdin.resume();
  await once(process.stdin, 'end');
}
process.stdout.write(`${JSON.stringify(statuses)}\n`, () => process.exit());
