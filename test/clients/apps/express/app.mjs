/*
 * A visitor's counter in the session: express-session over the store that STORE names, connect-memcached or
 * connect-memjs. Run as `node app.mjs PORT`; DOOR is the memcached to use, PREFIX what goes before each session's id, and
 * LETTER, where there is one, what its ids begin with.
 */
import { randomBytes } from 'node:crypto';
import { get } from 'node:http';
import process from 'node:process';
import connectMemcached from 'connect-memcached';
import connectMemjs from 'connect-memjs';
import express from 'express';
import session from 'express-session';

const { DOOR, LETTER, PREFIX, STORE } = process.env;

/** What a client waits for one answer at most. */
const PATIENCE_MS = 750;

function openStore() {
  if (STORE === 'connect-memcached') {
    const MemcachedStore = connectMemcached(session);
    // Without the last two it leaves a daemon alone for half a minute that was restarted, and later for five hours.
    const again = { retry: 1000, reconnect: 1000 };
    return new MemcachedStore({ hosts: [DOOR], prefix: PREFIX, timeout: PATIENCE_MS, retries: 0, ...again });
  }
  const MemjsStore = connectMemjs(session);
  // With a client of our own the store would not take the prefix.
  const store = new MemjsStore({ servers: [DOOR], prefix: PREFIX, timeout: PATIENCE_MS / 1000, retries: 1 });
  store.client.logger = { log() {} };
  return store;
}

const app = express();
app.use(
  session({
    secret: 'only for these tests',
    store: openStore(),
    // connect-memjs cannot touch, and so has to save.
    resave: STORE === 'connect-memjs',
    saveUninitialized: false,
    ...(LETTER && { genid: () => LETTER + randomBytes(18).toString('base64url') }),
  }),
);

function raiseCounter(request, response) {
  request.session.counter = (request.session.counter ?? 0) + 1;
  response.json({ counter: request.session.counter, id: request.sessionID });
}

app.get('/count', raiseCounter);

app.get('/read', (request, response) => {
  response.json({ counter: request.session.counter ?? 0, id: request.sessionID });
});

// Answered when the test says so: until then this request holds the session that it has read.
app.get('/slow', (request, response) => {
  get(request.query.gate, (answer) => answer.resume().on('end', () => raiseCounter(request, response)));
});

app.get('/regenerate', (request, response, next) => {
  const { counter = 0 } = request.session;
  request.session.regenerate((error) => {
    if (error) return next(error);
    request.session.counter = counter;
    response.json({ counter, id: request.sessionID });
  });
});

app.get('/destroy', (request, response, next) => {
  request.session.destroy((error) => (error ? next(error) : response.json({ counter: 0 })));
});

app.use((error, request, response, next) => {
  if (response.headersSent) return next(error);
  response.status(500).json({ error: error.message });
});

app.listen(Number(process.argv[2]), '127.0.0.1');
