// The counter page in Express. What is maglia's is the store, its ids, and the cookie that other languages can read.
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import express from 'express';
import session from 'express-session';
import { MagliaStore, plainCookie } from 'maglia/express';

const page = await readFile(new URL('../page.html', import.meta.url), 'utf8');
const store = new MagliaStore({ url: process.env.MAGLIA_URL });
const secret = 'only for this example';

const site = express();
site.get('/healthz', (_request, response) => response.send('ok'));
site.use(plainCookie({ name: 'maglia', secret }), store.ready);
site.use(
  session({ name: 'maglia', secret, store, genid: store.genid, resave: false, saveUninitialized: false, cookie: {} }),
);
site.use(express.urlencoded({ extended: false }));

site.get('/', (request, response) => {
  request.session.contador = (request.session.contador ?? 0) + 1;
  const shown = {
    contador: request.session.contador,
    name: request.session.name ?? '',
    email: request.session.email ?? '',
    language: 'Express',
    host: process.env.HOST_LETTER,
    session: request.session.id,
  };
  if (request.headers.accept?.includes('application/json')) response.json(shown);
  else response.send(page.replace(/{{(\w+)}}/g, (_found, field) => escapeHtml(String(shown[field]))));
});

site.post('/', (request, response) => {
  const { name = '', email = '' } = request.body;
  Object.assign(request.session, { name, email });
  response.redirect(303, '/');
});

site.post('/login', (request, response, next) => {
  const kept = { ...request.session };
  delete kept.cookie;
  request.session.regenerate((error) => {
    if (error) return next(error);
    Object.assign(request.session, kept);
    response.redirect(303, '/');
  });
});

site.post('/logout', (request, response, next) => {
  request.session.destroy((error) => (error ? next(error) : response.redirect(303, '/')));
});

const [host, port] = process.argv[2].split(':');
site.listen(Number(port), host);

function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
