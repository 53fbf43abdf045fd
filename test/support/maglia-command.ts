import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { NodeReport } from '../../src/cli/up/node-report.ts';

/** The built program: `npm test` builds it first. */
export const MAIN_FILE = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export interface CommandOutcome {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandSetting {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs `maglia …` to its end. */
export async function runMaglia(
  args: readonly string[],
  { input = '', env = {} }: CommandSetting = {},
): Promise<CommandOutcome> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [MAIN_FILE, ...args], {
    input,
    env,
    reject: false,
  });
  return { exitCode, stdout, stderr };
}

/** A running `maglia up`. */
export interface RunningMesh {
  readonly nodes: readonly NodeReport[];
  /** Resolves with its exit status; null where a signal ended it. */
  readonly ended: Promise<number | null>;
  /** All that it has printed so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  signal(name: NodeJS.Signals): void;
  node(letter: string): NodeReport;
}

/** Starts `maglia up --json …` and resolves when its nodes are ready. */
export async function startMesh(args: readonly string[]): Promise<RunningMesh> {
  const up = spawn(process.execPath, [MAIN_FILE, 'up', '--json', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => void up.once('exit', resolve));
  let stdout = '';
  let stderr = '';
  up.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const isReady = new Promise<void>((resolve) => {
    up.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout.includes('\n')) resolve();
    });
  });
  await Promise.race([isReady, ended]);
  if (stdout === '') throw new Error(`up ended before its nodes were ready: ${stderr}`);
  const { nodes } = JSON.parse(stdout) as { nodes: NodeReport[] };
  return {
    nodes,
    ended,
    stdout: () => stdout,
    stderr: () => stderr,
    signal: (name) => void up.kill(name),
    node(letter) {
      const node = nodes.find((each) => each.letter === letter);
      if (node === undefined) throw new RangeError(`no node ${letter}`);
      return node;
    },
  };
}
