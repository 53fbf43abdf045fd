// A web application, as small as one that keeps a session can be: each visit of a page is entered into the visitor's
// session, with the host that answered. It talks to the daemon of its own host only, over loopback.
//
//   GET /           which host, which session, and all the visits so far     (?visit=NAME enters it under that name)
//   POST /login     a new id for the same session, as one should after a login
//   POST /logout    the end of it
//   GET /healthz    for the load balancer: whether this host can serve a page

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import process from 'node:process';

const DAEMON = 'http://127.0.0.1:7420';
const COOKIE = 'session';
/** Longer than any answer of a daemon takes (500 ms, as it is shipped). */
const DEADLINE_MS = Number(process.env.DEADLINE_MS ?? 1000);

const host = process.env.MAGLIA_LETTER ?? 'this host';
const tokenFile = process.env.MAGLIA_DOORS_TOKEN_FILE;
const headers = {
  'content-type': 'application/json',
  ...(tokenFile !== undefined && { authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}` }),
};

/** One call of the daemon. A daemon that cannot be reached has surely done nothing; one that fell silent may have. */
async function ask(method, path, body) {
  try {
    const answer = await fetch(DAEMON + path, {
      ...{ method, headers, signal: AbortSignal.timeout(DEADLINE_MS) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? {} : JSON.parse(text) };
  } catch (error) {
    const isRefused = error.cause?.code === 'ECONNREFUSED';
    return isRefused
      ? { status: 503, body: { code: 'NO_DAEMON', message: 'the daemon of this host does not run' } }
      : { status: 504, body: { code: 'NO_ANSWER', message: 'the daemon of this host fell silent' } };
  }
}

const open = (id) => ask('POST', '/v1/sessions/open', id === undefined ? {} : { id });

/** A page: open at its start, write at its end. A merge patch, so that of two pages at once each keeps what it wrote. */
async function visit(cookie, name) {
  const opened = await open(cookie);
  if (opened.status !== 200) return trouble(opened);
  const { id, owner, state, reason, version, data } = opened.body;
  const session = { owner, state, ...(reason !== undefined && { reason }), version };
  const visits = data?.visits ?? {};
  const written = await ask('PATCH', `/v1/sessions/${id}`, { data: { visits: { [name]: host } } });
  // Nothing was written, but the session was opened: the visitor keeps its id, and the page says what it saw.
  if (written.status !== 200) return { ...trouble(written, { session, visits }), id };
  return {
    id,
    status: 200,
    body: { host, session, visits: { ...visits, [name]: host }, written: written.body.version },
  };
}

async function login(cookie) {
  const rotated =
    cookie === undefined ? { status: 404, body: {} } : await ask('POST', `/v1/sessions/${cookie}/rotate`, {});
  if (rotated.status !== 200) return trouble(rotated);
  return { status: 200, id: rotated.body.id, body: { host, written: rotated.body.version } };
}

async function logout(cookie) {
  const ended = cookie === undefined ? { status: 204 } : await ask('DELETE', `/v1/sessions/${cookie}`);
  if (ended.status !== 204 && ended.status !== 404) return trouble(ended);
  return { status: 200, id: '', body: { host } };
}

/** The daemon's own status: 503 where nothing was done, so that a balancer may try another host; 504 where it may have been. */
function trouble({ status, body: { code, message, reason } }, seen = {}) {
  return { status, body: { host, code, message, ...(reason !== undefined && { reason }), ...seen } };
}

async function health() {
  const { status } = await ask('GET', '/readyz');
  return { status: status === 200 ? 200 : 503, body: { host } };
}

async function answer({ method, url, headers: { cookie = '' } }) {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const id = new RegExp(`(?:^|; *)${COOKIE}=([\\w-]+)`).exec(cookie)?.[1];
  switch (`${method} ${pathname}`) {
    case 'GET /':
      return visit(id, searchParams.get('visit') ?? randomUUID());
    case 'POST /login':
      return login(id);
    case 'POST /logout':
      return logout(id);
    case 'GET /healthz':
      return health();
    default:
      return { status: 404, body: { host, code: 'NO_SUCH_PAGE', message: 'there are /, /login and /logout' } };
  }
}

const server = createServer((request, response) => {
  answer(request).then(
    ({ status, body, id }) => {
      const life = id === '' ? '; Max-Age=0' : '';
      const cookie = id === undefined ? {} : { 'set-cookie': `${COOKIE}=${id}; Path=/; HttpOnly; SameSite=Lax${life}` };
      response.writeHead(status, { 'content-type': 'application/json', 'x-host': host, ...cookie });
      response.end(`${JSON.stringify(body, undefined, 2)}\n`);
    },
    (error) => {
      process.stderr.write(`${error.stack}\n`);
      response.writeHead(500).end();
    },
  );
});
server.listen(8080, '0.0.0.0');
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
