import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from './until.ts';
import { Visitor, type Page } from './visitor.ts';

const START = join(import.meta.dirname, '../../examples/counter/start.mjs');

export interface Application {
  readonly language: 'php' | 'django' | 'express';
  /** `host:port` */
  readonly address: string;
  readonly pid: number;
}

export interface Host {
  readonly letter: string;
  readonly daemon: { readonly pid: number; readonly http: string };
  readonly applications: readonly Application[];
}

/** What the page shows. */
export interface Counter {
  readonly contador: number;
  readonly name: string;
  readonly email: string;
  readonly language: string;
  readonly host: string;
  readonly session: string;
}

/** The counter example: three hosts, three languages, one load balancer; all of it real processes. */
export class CounterSite {
  readonly url: string;
  readonly hosts: readonly Host[];
  readonly balancer: { readonly pid: number };
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess, site: Pick<CounterSite, 'url' | 'hosts' | 'balancer'>) {
    this.#process = child;
    this.url = site.url;
    this.hosts = site.hosts;
    this.balancer = site.balancer;
  }

  static async start(): Promise<CounterSite> {
    const child = spawn(process.execPath, [START, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const ended = once(child, 'exit').then(() => {
      throw new Error(`the counter site did not start: ${said}`);
    });
    const line = await Promise.race([once(createInterface(child.stdout), 'line'), ended]);
    ended.catch(() => undefined);
    return new CounterSite(child, JSON.parse(String(line[0])) as CounterSite);
  }

  /** Every process that it started. */
  get pids(): number[] {
    const hosts = this.hosts.flatMap(({ daemon, applications }) => [daemon.pid, ...applications.map(({ pid }) => pid)]);
    return [this.balancer.pid, ...hosts];
  }

  host(letter: string): Host {
    const host = this.hosts.find((each) => each.letter === letter);
    if (host === undefined) throw new Error(`no host ${letter}`);
    return host;
  }

  /** An application's own address, past the balancer. */
  direct(letter: string, language: Application['language']): string {
    const application = this.host(letter).applications.find((each) => each.language === language);
    if (application === undefined) throw new Error(`no ${language} on host ${letter}`);
    return `http://${application.address}/`;
  }

  /** As by a power cut: the daemon and every application of this host, with all their children. */
  lose(letter: string): void {
    const { daemon, applications } = this.host(letter);
    process.kill(daemon.pid, 'SIGKILL');
    for (const { pid } of applications) process.kill(-pid, 'SIGKILL');
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = once(this.#process, 'exit');
    this.signal('SIGTERM');
    await gone;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }
}

/** Reads the page as a program does. */
export async function count(visitor: Visitor, url: string): Promise<Page & { readonly counter: Counter }> {
  const page = await visitor.visit(url, { accept: 'application/json' });
  return { ...page, counter: page.body as unknown as Counter };
}

/** A visitor of the site whose session this host owns. */
export async function visitorOwnedBy(site: CounterSite, letter: string): Promise<Visitor> {
  const visitor = new Visitor();
  const { counter } = await count(visitor, site.direct(letter, 'express'));
  if (!counter.session.startsWith(letter)) throw new Error(`${counter.session} is not of host ${letter}`);
  return visitor;
}

/** Waits until the balancer sends nobody to this host any more. */
export async function balancerKnows(site: CounterSite, lost: string): Promise<void> {
  await until(`the balancer passes host ${lost} over`, async () => {
    const seen = await Promise.all(Array.from({ length: 9 }, () => count(new Visitor(), site.url)));
    return seen.every(({ status, counter }) => status === 200 && counter.host !== lost);
  });
}
