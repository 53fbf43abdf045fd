import { join } from 'node:path';
import { WebApplication } from '../support/web-application.ts';

/** A kind of web application that keeps its sessions in a memcached, unchanged from how its framework ships it. */
export interface SessionApplication {
  readonly name: string;
  /** The cookie that carries the session's id. */
  readonly cookie: string;
  /** The session's id, from the value of that cookie. */
  readonly idOf: (cookie: string) => string;
  /** The key under which the client keeps a session. */
  readonly keyOf: (id: string) => string;
  /** Starts one server that uses the memcached at `door`, on the host of this letter. */
  readonly start: (door: string, letter?: string) => Promise<WebApplication>;
}

const APPS = join(import.meta.dirname, 'apps');

/** Who an application says it is to a door that asks. */
export interface User {
  readonly name: string;
  readonly password: string;
}

export type PhpSettings = Readonly<Record<string, string | number>>;

/** As many requests as one PHP server works on at the same time. */
export const PHP_WORKERS = 8;

/** PHP's own session functions over ext-memcached. */
export function php(name: string, settings: PhpSettings = {}): SessionApplication {
  const ini = {
    'session.save_handler': 'memcached',
    'session.use_strict_mode': 1,
    'opcache.enable': 0,
    display_errors: 0,
    ...settings,
  };
  const prefix = settings['memcached.sess_prefix'] ?? 'memc.sess.key.';
  return {
    name,
    cookie: 'PHPSESSID',
    idOf: (cookie) => cookie,
    keyOf: (id) => `${prefix}${id}`,
    start: (door) => {
      const all = { ...ini, 'session.save_path': door };
      const flags = Object.entries(all).flatMap(([key, value]) => ['-d', `${key}=${value}`]);
      return WebApplication.start({
        program: '/usr/bin/php',
        args: (port) => [...flags, '-S', `127.0.0.1:${port}`, join(APPS, 'php/index.php')],
        env: { PHP_CLI_SERVER_WORKERS: String(PHP_WORKERS) },
      });
    },
  };
}

export type DjangoBackend = 'PyMemcacheCache' | 'PyLibMCCache';

/** Django's cache sessions over one of its memcached back ends. */
export function django(backend: DjangoBackend, user?: User): SessionApplication {
  return {
    name: `Django, ${backend}`,
    cookie: 'sessionid',
    idOf: (cookie) => cookie,
    keyOf: (id) => `:1:django.contrib.sessions.cache${id}`,
    start: (door) =>
      WebApplication.start({
        program: '/usr/bin/python3',
        args: (port) => [join(APPS, 'django/app.py'), String(port)],
        env: { BACKEND: backend, DOOR: door, ...(user && { USER_NAME: user.name, PASSWORD: user.password }) },
      }),
  };
}

export type ExpressStore = 'connect-memcached' | 'connect-memjs';

export interface ExpressSettings {
  readonly prefix?: string;
  /** Whether the application draws ids that begin with its host's letter. */
  readonly hasGenid?: boolean;
}

/** express-session over one of its two memcached stores. */
export function express(
  store: ExpressStore,
  { prefix = 'sess:', hasGenid = false }: ExpressSettings = {},
): SessionApplication {
  return {
    name: `Express, ${store}`,
    cookie: 'connect.sid',
    // s%3A<id>.<signature>
    idOf: (cookie) => decodeURIComponent(cookie).slice(2).split('.')[0] ?? '',
    keyOf: (id) => `${prefix}${id}`,
    start: (door, letter = '') =>
      WebApplication.start({
        program: process.execPath,
        args: (port) => [join(APPS, 'express/app.mjs'), String(port)],
        env: { STORE: store, DOOR: door, PREFIX: prefix, LETTER: hasGenid ? letter : '' },
      }),
  };
}

/** Rack's sessions over dalli. */
export function rack(): SessionApplication {
  return {
    name: 'Rack, dalli',
    cookie: 'rack.session',
    idOf: (cookie) => cookie,
    keyOf: (id) => `rack:session:${id}`,
    start: (door) =>
      WebApplication.start({
        program: '/usr/bin/puma',
        args: (port) => [
          '--quiet',
          '--environment',
          'production',
          '--threads',
          '4:8',
          '--bind',
          `tcp://127.0.0.1:${port}`,
          join(APPS, 'rack/config.ru'),
        ],
        env: { DOOR: door },
      }),
  };
}
