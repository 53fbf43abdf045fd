import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { LogOutput, streamSink } from '../../src/cli/output.ts';
import { runCli } from '../../src/cli/program.ts';
import { systemClock } from '../../src/clock.ts';
import { readAll } from '../support/read-all.ts';

const ID = `a${'0'.repeat(26)}`;

/** Sets the title, empties the screen in two ways, turns letters round, and begins a line of its own. */
const HOSTILE = '\u001b]0;owned\u0007\u001b[2J\u009b2J\u202eabc\nmaglia: all is well\r';
// eslint-disable-next-line no-control-regex
const OBEYED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/;

const CLUSTER = {
  letter: HOSTILE,
  incarnation: HOSTILE,
  tenure: { state: HOSTILE, why: HOSTILE },
  mapDigest: HOSTILE,
  software: HOSTILE,
  wire: { oldest: HOSTILE, newest: HOSTILE },
  store: { kind: HOSTILE, state: HOSTILE, why: HOSTILE, pid: HOSTILE, outdated: [HOSTILE] },
  peers: [
    {
      ...{ letter: HOSTILE, address: HOSTILE, state: HOSTILE, incarnation: HOSTILE, why: HOSTILE, sinceMs: 1 },
      link: { state: HOSTILE, why: HOSTILE, wire: HOSTILE },
      refused: { refusal: HOSTILE, explanation: HOSTILE, from: HOSTILE, agoMs: 1 },
    },
  ],
  strangers: [{ refusal: HOSTILE, explanation: HOSTILE, from: HOSTILE, agoMs: 1 }],
};
const OPENED = { id: HOSTILE, state: HOSTILE, [HOSTILE]: HOSTILE, data: { [HOSTILE]: HOSTILE }, version: HOSTILE };
const REFUSED = { code: HOSTILE, message: HOSTILE, reason: HOSTILE };

/** What a command prints when this is what answers it. */
async function run(argv: readonly string[], status: number, body: string): Promise<{ output: string; errors: string }> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'text/plain' }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const output = new PassThrough();
  const errors = new PassThrough();
  await runCli([...argv, '--url', url], {
    clock: systemClock,
    input: Readable.from([]),
    output,
    errors,
    mainFile: '/nowhere',
    openLog: () => new LogOutput(streamSink(output)),
    readLimits: () => '',
    onHangUp: () => undefined,
    catchInterrupts: () => ({ requested: new Promise(() => undefined), insisted: new Promise(() => undefined) }),
  });
  return { output: readAll(output), errors: readAll(errors) };
}

test.each([
  ['status', ['status'], 200, CLUSTER],
  ['status, as JSON', ['status', '--json'], 200, CLUSTER],
  ['mint', ['mint'], 201, OPENED],
  ['open', ['open', ID], 200, OPENED],
  ['open, as JSON', ['open', ID, '--json'], 200, OPENED],
  ['rotate', ['rotate', ID], 200, OPENED],
  ['put', ['put', ID, '1'], 200, OPENED],
  ['patch', ['patch', ID, '{}'], 200, OPENED],
  ['touch', ['touch', ID], 200, { ttlSeconds: HOSTILE }],
  ['a refusal', ['get', ID], 404, REFUSED],
  ['a refusal of a write', ['destroy', ID], 503, REFUSED],
])('nothing that %s prints of an answer is obeyed by a terminal', async (_, argv, status, answer) => {
  // JSON leaves out of its own accord only what is below a space.
  const { output, errors } = await run(argv, status, JSON.stringify(answer));
  expect(output + errors).toContain('owned');
  expect(output + errors).not.toMatch(OBEYED);
  expect(output + errors).not.toMatch(/^maglia: all is well/m);
});

test('what `get` prints are the bytes of the session', async () => {
  expect((await run(['get', ID], 200, HOSTILE)).output).toBe(HOSTILE);
});
