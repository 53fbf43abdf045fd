import { spawn, type ChildProcess } from 'node:child_process';
import { hasCode } from '../../src/errors.ts';
import { freePorts } from './free-ports.ts';
import { hostAndPort, isListening } from './listening.ts';
import { until } from './until.ts';

export interface ApplicationCommand {
  readonly program: string;
  /** With the port that it is to listen on, on 127.0.0.1. */
  readonly args: (port: number) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A server process of somebody's web application, with all the processes that it starts. */
export class WebApplication {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #exit: Promise<void>;
  #output = '';

  private constructor(port: number, child: ChildProcess) {
    this.url = `http://127.0.0.1:${port}`;
    this.#process = child;
    this.#exit = new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', (error) => {
        this.#output += error.message;
        resolve();
      });
    });
    child.stdout?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
  }

  static async start({ program, args, env = {} }: ApplicationCommand): Promise<WebApplication> {
    const [port = 0] = await freePorts(1);
    const child = spawn(program, args(port), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      // A process group of its own, so that workers end along with their server.
      detached: true,
    });
    const application = new WebApplication(port, child);
    try {
      await until(`${program} listens`, () => application.#isUp(`127.0.0.1:${port}`), 20_000);
    } catch (error) {
      await application.stop();
      throw new Error(`${program} did not start: ${application.output}`, { cause: error });
    }
    return application;
  }

  /** What it has printed so far. */
  get output(): string {
    return this.#output;
  }

  async stop(): Promise<void> {
    const { pid } = this.#process;
    if (pid !== undefined) endGroup(pid);
    await this.#exit;
  }

  async #isUp(address: string): Promise<boolean> {
    if (this.#process.pid === undefined || this.#process.exitCode !== null) {
      throw new Error(`ended with status ${this.#process.exitCode}`);
    }
    return isListening(hostAndPort(address));
  }
}

/** Also where its leader has ended by itself: its workers may be there still. */
function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}
