import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { ConfigSources, FileRead } from '../../../src/config/sources.ts';
import { ConfigError, type ConfigProblem } from '../../../src/errors.ts';
import { FakeClock } from '../../support/fake-clock.ts';

export interface FakeFile {
  readonly text: string | Buffer;
  readonly mode?: number;
  readonly owner?: number;
}

export type FakeMachine = Partial<Omit<ConfigSources, 'readFile' | 'resolveHost'>> & {
  readonly files?: Readonly<Record<string, FakeFile>>;
  readonly names?: Readonly<Record<string, readonly string[]>>;
};

export const SECRET = 'correct-horse-battery-staple';

/** Three nodes, of which this is `a`. */
export const THREE_NODES = {
  map: 'a=>10.0.0.1,b=>10.0.0.2,c=>10.0.0.3',
  letter: 'a',
  secretFile: '/etc/maglia/secret',
};

/** A machine that has only what the test gives it, and the secret. */
export function fakeSources(machine: FakeMachine = {}): ConfigSources {
  const files: Readonly<Record<string, FakeFile>> = {
    '/etc/maglia/secret': { text: `${SECRET}\n`, mode: 0o600 },
    ...machine.files,
  };
  return {
    flags: {},
    env: {},
    workingFolder: '/work',
    temporaryFolder: '/tmp',
    userId: 1000,
    localAddresses: ['127.0.0.1', '::1', '10.0.0.1'],
    clock: new FakeClock(),
    drawSecret: () => Buffer.from('drawn by this node alone'),
    ...machine,
    readFile: (path) => Promise.resolve(readFake(files[path])),
    resolveHost: (host) => {
      const addresses = machine.names?.[host];
      return addresses === undefined
        ? Promise.reject(new RangeError(`no such name ${host}`))
        : Promise.resolve(addresses);
    },
  };
}

function readFake(file: FakeFile | undefined): FileRead {
  if (file === undefined) return { kind: 'unreadable', why: 'no such file (ENOENT)' };
  const { text, mode = 0o100600, owner } = file;
  return { kind: 'read', bytes: Buffer.from(text), mode, ...(owner !== undefined && { owner }) };
}

export function load(machine: FakeMachine = {}): Promise<Config> {
  return loadConfig(fakeSources(machine));
}

/** Loads with a configuration file of this text, at /etc/maglia/cluster.json. */
export function withFile(text: string, machine: FakeMachine = {}): FakeMachine {
  return {
    ...machine,
    flags: { config: '/etc/maglia/cluster.json', ...machine.flags },
    files: { '/etc/maglia/cluster.json': { text }, ...machine.files },
  };
}

/** The problems of a machine whose configuration cannot be used; none where it can. */
export async function problemsOf(machine: FakeMachine): Promise<readonly ConfigProblem[]> {
  try {
    await load(machine);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

/** `path: found` of each problem. */
export async function faultsOf(machine: FakeMachine): Promise<string[]> {
  return (await problemsOf(machine)).map(({ path, found }) => `${path}: ${found}`);
}
