import { join } from 'node:path';
import { startCluster, type Cluster, type ClusterOptions, CALM } from '../../support/cluster.ts';
import { Visitor, type Page } from '../../support/visitor.ts';
import { WebApplication } from '../../support/web-application.ts';

const PREPEND = join(import.meta.dirname, '../../../clients/php/prepend.php');
const SITE = join(import.meta.dirname, 'site');

/** As many requests as one PHP server works on at the same time. */
const WORKERS = 8;

export const COOKIE = 'PHPSESSID';

export type PhpSettings = Readonly<Record<string, string | number>>;

/** One `php -S` whose sessions are kept at the daemon that the settings name. */
export function startPhp(settings: PhpSettings, env: Readonly<Record<string, string>> = {}): Promise<WebApplication> {
  const all = { auto_prepend_file: PREPEND, display_errors: 0, log_errors: 1, ...settings };
  const flags = Object.entries(all).flatMap(([key, value]) => ['-d', `${key}=${value}`]);
  return WebApplication.start({
    program: '/usr/bin/php',
    // -n: no php.ini, and with it no extension but those that are built in. A router script would not be prepended to.
    args: (port) => ['-n', ...flags, '-S', `127.0.0.1:${port}`, '-t', SITE],
    env: { PHP_CLI_SERVER_WORKERS: String(WORKERS), ...env },
  });
}

/** Three hosts, or as many as there are letters: on each a daemon, and a PHP server that asks only this one. */
export class PhpSite {
  readonly cluster: Cluster;
  readonly #applications: ReadonlyMap<string, WebApplication>;

  private constructor(cluster: Cluster, applications: ReadonlyMap<string, WebApplication>) {
    this.cluster = cluster;
    this.#applications = applications;
  }

  static async open(settings: PhpSettings = {}, options: ClusterOptions = {}): Promise<PhpSite> {
    const cluster = await startCluster({ ...options, config: { ...CALM, ...options.config } });
    const applications = new Map<string, WebApplication>();
    try {
      for (const { letter, http } of cluster.nodes) {
        applications.set(letter, await startPhp({ 'maglia.url': http, ...settings }));
      }
    } catch (error) {
      await Promise.all([...applications.values()].map((application) => application.stop()));
      await cluster.close();
      throw error;
    }
    return new PhpSite(cluster, applications);
  }

  application(letter: string): WebApplication {
    const application = this.#applications.get(letter);
    if (application === undefined) throw new Error(`no host ${letter}`);
    return application;
  }

  /** The host whose turn it is when the balancer goes round and round. */
  turn(n: number): string {
    const letters = [...this.#applications.keys()];
    return letters[n % letters.length] ?? '';
  }

  visit(visitor: Visitor, letter: string, path: string): Promise<Page> {
    return visitor.visit(this.application(letter).url + path);
  }

  /** A visitor who has counted to 1 at this host, which owns the session. */
  async visitorOf(letter: string): Promise<Visitor> {
    const visitor = new Visitor();
    const page = await this.visit(visitor, letter, '/count');
    if (page.status !== 200 || !idOf(visitor).startsWith(letter)) throw new Error(`${letter}: ${page.text}`);
    return visitor;
  }

  /** What the session holds, as a client in another language sees it. */
  async stored(id: string, letter = this.turn(0)): Promise<Readonly<Record<string, unknown>>> {
    return (await this.cluster.node(letter).client.get(id)).body;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#applications.values()].map((application) => application.stop()));
    await this.cluster.close();
  }
}

/** The session id in the visitor's cookie. */
export function idOf(visitor: Visitor): string {
  const id = visitor.cookie(COOKIE);
  if (id === undefined) throw new Error('the visitor has no session cookie');
  return id;
}

/** A page that waits at this gate. */
export function at(path: string, gate: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}gate=${encodeURIComponent(gate)}`;
}
