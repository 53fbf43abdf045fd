import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  prepareCluster,
  startCluster,
  type Cluster,
  type ClusterNode,
  type ClusterOptions,
} from '../../support/cluster.ts';
import { Visitor, type Page } from '../../support/visitor.ts';
import { WebApplication } from '../../support/web-application.ts';

/** Debian's, which Debian's Django is installed for. */
export const PYTHON = '/usr/bin/python3';

export const PYTHON_CLIENT = join(import.meta.dirname, '../../../clients/python');

/** What `settings.MAGLIA` has besides the URL. */
export type MagliaSettings = Readonly<Record<string, unknown>>;

/** One of the balanced hosts: a Django, and the daemon that it asks. */
export interface DjangoHost {
  readonly letter: string;
  readonly application: WebApplication;
}

export function startDjango(maglia: MagliaSettings): Promise<WebApplication> {
  return WebApplication.start({
    program: PYTHON,
    args: (port) => [join(import.meta.dirname, 'app.py'), String(port)],
    env: {
      MAGLIA: JSON.stringify(maglia),
      PYTHONPATH: join(PYTHON_CLIENT, 'src'),
      PYTHONDONTWRITEBYTECODE: '1',
    },
  });
}

/** A single daemon whose HTTP door is on a unix socket as well. */
export interface LoneDaemon {
  readonly node: ClusterNode;
  readonly socket: string;
  close(): Promise<void>;
}

export async function startLoneDaemon(): Promise<LoneDaemon> {
  const cluster = await prepareCluster({ letters: ['a'], store: 'memory' });
  const node = cluster.node('a');
  const socket = join(node.directory, 'http.sock');
  const file = join(node.directory, 'cluster.json');
  const config = JSON.parse(readFileSync(file, 'utf8')) as { doors: { http: string[] } };
  config.doors.http.push(socket);
  writeFileSync(file, JSON.stringify(config));
  try {
    await node.start();
  } catch (error) {
    await cluster.close();
    throw error;
  }
  return { node, socket, close: () => cluster.close() };
}

/** A Django site on balanced hosts. */
export class DjangoSite {
  readonly cluster: Cluster;
  readonly hosts: readonly DjangoHost[];

  private constructor(cluster: Cluster, hosts: readonly DjangoHost[]) {
    this.cluster = cluster;
    this.hosts = hosts;
  }

  static async open(options: ClusterOptions = {}, maglia: MagliaSettings = {}): Promise<DjangoSite> {
    const cluster = await startCluster(options);
    const hosts: DjangoHost[] = [];
    try {
      for (const { letter, http } of cluster.nodes) {
        hosts.push({ letter, application: await startDjango({ url: http, ...maglia }) });
      }
    } catch (error) {
      await Promise.all(hosts.map(({ application }) => application.stop()));
      await cluster.close();
      throw error;
    }
    return new DjangoSite(cluster, hosts);
  }

  host(letter: string): DjangoHost {
    const host = this.hosts.find((each) => each.letter === letter);
    if (host === undefined) throw new Error(`no host ${letter}`);
    return host;
  }

  /** The host whose turn it is when the balancer goes round and round. */
  turn(n: number): DjangoHost {
    return turnOf(this.hosts, n);
  }

  async close(): Promise<void> {
    await Promise.all(this.hosts.map(({ application }) => application.stop()));
    await this.cluster.close();
  }
}

export function turnOf(hosts: readonly DjangoHost[], n: number): DjangoHost {
  const host = hosts[n % hosts.length];
  if (host === undefined) throw new Error('there are no hosts');
  return host;
}

/** A visitor of a Django site. */
export class DjangoVisitor {
  readonly #visitor: Visitor;

  constructor(visitor = new Visitor()) {
    this.#visitor = visitor;
  }

  static withCookie(id: string): DjangoVisitor {
    const visitor = new Visitor();
    visitor.setCookie('sessionid', id);
    return new DjangoVisitor(visitor);
  }

  /** What the session cookie says; empty without one. */
  get id(): string {
    return this.#visitor.cookie('sessionid') ?? '';
  }

  /** Another tab with the same cookies. */
  twin(): DjangoVisitor {
    return new DjangoVisitor(this.#visitor.twin());
  }

  visit(host: DjangoHost, path: string): Promise<Page> {
    return this.#visitor.visit(host.application.url + path);
  }
}

/** What Django's error page says went wrong. */
export function errorOn({ status, text }: Page): string {
  const title = /<title>([^<]*)/.exec(text)?.[1]?.trim() ?? '';
  const why = /class="exception_value">([^<]*)/.exec(text)?.[1] ?? text.slice(0, 200);
  return `${status} ${title}: ${why}`;
}

/** Where pages wait until all who are expected have come. */
export interface MeetingPoint {
  readonly url: string;
  close(): Promise<void>;
}

export async function buildMeetingPoint(expected: number): Promise<MeetingPoint> {
  const waiting: ServerResponse[] = [];
  const server = createServer((_, response) => {
    waiting.push(response);
    if (waiting.length === expected) for (const each of waiting) each.end('all here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
