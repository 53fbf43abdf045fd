import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CliError } from '../../errors.ts';
import type { Letter } from '../../session/letter.ts';
import { EXIT } from '../exit-codes.ts';
import { localTimings, applySettings, type JsonObject, type Setting } from './node-settings.ts';
import { HOST, type Seat } from './ports.ts';

const PREFIX = 'maglia-up-';
const SECRET_BYTES = 32;
const TAIL_BYTES = 4096;

/** What all nodes of a local mesh are told, besides what each is told by flags. */
export interface MeshPlan {
  readonly seats: readonly Seat[];
  readonly storeKind: 'memcached' | 'memory';
  readonly settings: readonly Setting[];
}

/** The private directory of one local mesh: secret, cluster.json, a runtime directory and a log for each node. */
export class MeshDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Makes one below `place`, for our user only. */
  static async create(place: string | undefined, plan: MeshPlan): Promise<MeshDirectory> {
    const parent = resolve(place ?? tmpdir());
    if (place !== undefined) await mkdir(parent, { recursive: true, mode: 0o700 });
    const directory = new MeshDirectory(await mkdtemp(join(parent, PREFIX)));
    await writeFile(directory.secretFile, `${randomBytes(SECRET_BYTES).toString('hex')}\n`, { mode: 0o600 });
    await writeFile(
      directory.configFile,
      `${JSON.stringify(clusterFile(directory.secretFile, plan), undefined, 2)}\n`,
      {
        mode: 0o600,
      },
    );
    for (const { letter } of plan.seats) await mkdir(directory.runtimeDirectory(letter), { mode: 0o700 });
    return directory;
  }

  get configFile(): string {
    return join(this.path, 'cluster.json');
  }

  get secretFile(): string {
    return join(this.path, 'secret');
  }

  /** Where the running `up` is told to revive a node. */
  get controlSocket(): string {
    return join(this.path, 'up.sock');
  }

  runtimeDirectory(letter: Letter): string {
    return join(this.path, letter);
  }

  logFile(letter: Letter): string {
    return join(this.path, `${letter}.log`);
  }

  /** The end of a node's log, for a person to read. */
  async logTail(letter: Letter): Promise<string> {
    const file = await open(this.logFile(letter), 'r');
    try {
      const { size } = await file.stat();
      const length = Math.min(size, TAIL_BYTES);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.toString('utf8', 0, bytesRead).trimEnd();
    } finally {
      await file.close();
    }
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Who owns a file, what it is and who may change it, its links not followed; undefined where there is none. */
export type Look = (path: string) => Promise<Pick<Stats, 'uid' | 'mode' | 'isDirectory' | 'isSocket'> | undefined>;

const lookAt: Look = (path) => lstat(path).catch(() => undefined);

/**
 * The mesh directories of our user at `place`: that directory itself where it is one, else those made below it. Their
 * `up` may have died without removing them.
 *
 * Only those that are ours, with a socket that is ours: in a temporary directory anybody can make both, and would be told
 * what we want, and believed.
 *
 * @throws CliError where `place` cannot be read, or holds a socket of somebody else's.
 */
export async function findMeshDirectories(place: string | undefined, look = lookAt): Promise<MeshDirectory[]> {
  const parent = resolve(place ?? tmpdir());
  const names = await readdir(parent).catch((error: unknown) => {
    throw new CliError(`cannot look into ${parent} for a mesh`, EXIT.usage, { cause: error });
  });
  if (names.includes('up.sock')) {
    const directory = new MeshDirectory(parent);
    if (await isOurs(directory, look)) return [directory];
    if (place !== undefined) {
      throw new CliError(`${parent} is no mesh of yours: others own or may write it, or its up.sock`, EXIT.usage);
    }
  }
  const found: MeshDirectory[] = [];
  for (const name of names.filter((each) => each.startsWith(PREFIX)).sort()) {
    const directory = new MeshDirectory(join(parent, name));
    if (await isOurs(directory, look)) found.push(directory);
  }
  return found;
}

const WRITABLE_BY_OTHERS = 0o022;

/** A directory below /tmp that somebody else made, or can change, could lead us anywhere. */
async function isOurs({ path, controlSocket }: MeshDirectory, look: Look): Promise<boolean> {
  const userId = process.getuid?.();
  const directory = await look(path);
  const socket = await look(controlSocket);
  if (directory?.isDirectory() !== true || socket?.isSocket() !== true) return false;
  const areOurs = userId === undefined || (directory.uid === userId && socket.uid === userId);
  return areOurs && (directory.mode & WRITABLE_BY_OTHERS) === 0;
}

function clusterFile(secretFile: string, plan: MeshPlan): JsonObject {
  const letters = Object.fromEntries(plan.seats.map(({ letter, meshPort }) => [letter, `${HOST}:${meshPort}`]));
  const timings = localTimings(plan.seats.length);
  return applySettings({ letters, secretFile, store: { kind: plan.storeKind }, timings }, plan.settings);
}
