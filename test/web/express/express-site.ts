import { createHmac } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler, type Express } from 'express';
import session, { type SessionOptions } from 'express-session';
import { MagliaStore, type MagliaStoreOptions } from '../../../src/clients/express-store.ts';
import { Visitor } from '../../support/visitor.ts';

declare module 'express-session' {
  interface SessionData extends Record<string, unknown> {
    contador?: unknown;
  }
}

export interface SiteOptions {
  readonly store?: MagliaStoreOptions;
  readonly session?: Partial<SessionOptions>;
  /** Whether requests wait for an id; the default. */
  readonly isPatient?: boolean;
}

export const COOKIE = 'connect.sid';
export const SECRET = 'only for these tests, and long enough';

/** Where it is not the deadline that is tested: others use this machine too. */
export const PATIENT_MS = 10_000;

/** An Express application on one host, in this process, with real sockets. */
export class ExpressSite {
  readonly store: MagliaStore;
  readonly url: string;
  readonly #server: Server;

  private constructor(store: MagliaStore, server: Server) {
    this.store = store;
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async open(http: string, routes: (app: Express) => void, options: SiteOptions = {}): Promise<ExpressSite> {
    const store = new MagliaStore({ url: http, deadlineMs: PATIENT_MS, ...options.store });
    const app = express();
    app.set('env', 'test');
    app.set('trust proxy', 'loopback');
    if (options.isPatient !== false) app.use(store.ready);
    app.use(
      session({
        store,
        genid: store.genid,
        secret: SECRET,
        resave: false,
        saveUninitialized: false,
        ...options.session,
      }),
    );
    routes(app);
    const showError: ErrorRequestHandler = (error: Error & { code?: string; statusCode?: number }, _req, res, next) => {
      if (res.headersSent) next(error);
      else res.status(error.statusCode ?? 500).json({ code: error.code, message: error.message });
    };
    app.use(showError);
    const server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    return new ExpressSite(store, server);
  }

  async close(): Promise<void> {
    this.store.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The session's id in the visitor's cookie, `s:<id>.<signature>`. */
export function idOf(visitor: Visitor): string {
  const cookie = visitor.cookie(COOKIE);
  if (cookie === undefined) throw new Error('the visitor has no session cookie');
  return decodeURIComponent(cookie).slice(2).split('.')[0] ?? '';
}

/** A visitor who comes with this session from an application in another language: only the signature is Express's. */
export function visitorOf(id: string): Visitor {
  const signature = createHmac('sha256', SECRET).update(id).digest('base64').replace(/=+$/, '');
  const visitor = new Visitor();
  visitor.setCookie(COOKIE, encodeURIComponent(`s:${id}.${signature}`));
  return visitor;
}
