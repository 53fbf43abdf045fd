import { OpenFilesError } from '../errors.ts';
import type { Config, LimitsConfig } from './config.ts';

/** Below that not even the daemon's program can be loaded, which opens many files at a time. */
export const LEAST_OPEN_FILES = 96;

/** Node.js, the log, what listens, the store and its Memcached, and the files of the runtime directory. */
const OWN_FILES = 40;

/** Our link to a peer, and as many connections as it may have to us. */
const FILES_PER_PEER = 5;

/** Of each address of the HTTP door, beyond its limit, for what asks how this node is. */
export const PROBE_PLACES = 8;

/** Of callers of the mesh port: two rooms, with half as many places again for those who have come further. */
const FILES_PER_CALLER = 3;
const MORE_FOR_CALLERS = 8;

const LEAST = { meshCallers: 4, httpClients: 8, clients: 8 } as const;

const REMEDY = 'raise it (ulimit -n for a shell, LimitNOFILE= for systemd)';

/**
 * How many files this process may have open, which is the hard limit, since Node.js raises itself to that; undefined where the
 * system does not say, or sets no limit.
 *
 * @param limits the text of /proc/self/limits
 */
export function openFilesLimit(limits: string): number | undefined {
  const soft = /^Max open files +(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? undefined : Number(soft);
}

/** @throws OpenFilesError where a daemon cannot even be loaded */
export function checkLeast(limit: number | undefined): void {
  if (limit !== undefined && limit < LEAST_OPEN_FILES) throw new OpenFilesError(tooFew(limit, LEAST_OPEN_FILES));
}

export interface FittedConfig {
  readonly config: Config;
  /** What had to be made smaller. */
  readonly warning?: string;
}

/**
 * Sees to it that the doors leave enough open files for the mesh, the store and the probes: what the system does not allow for is
 * taken off the doors' connections.
 *
 * @throws OpenFilesError where even the least does not fit
 */
export function fitToOpenFiles(config: Config, limit: number | undefined): FittedConfig {
  const { limits } = config;
  if (limit === undefined || filesFor(config, limits) <= limit) return { config };
  const left = limit - filesFor(config, { meshCallers: 0, httpClients: 0, clients: 0 });
  const meshCallers = Math.min(limits.meshCallers, Math.max(LEAST.meshCallers, Math.floor(left / 16)));
  const isShut = config.doors.memcached.length === 0;
  const leftForDoors = left - meshCallers * FILES_PER_CALLER;
  const httpClients = Math.min(
    limits.httpClients,
    Math.max(LEAST.httpClients, isShut ? leftForDoors : Math.floor(leftForDoors / 3)),
  );
  const clients = Math.min(limits.clients, isShut ? limits.clients : leftForDoors - httpClients);
  const fitted = { ...limits, meshCallers, httpClients, clients };
  if (clients < Math.min(limits.clients, LEAST.clients) || filesFor(config, fitted) > limit) {
    const least = { ...limits, ...LEAST };
    throw new OpenFilesError(tooFew(limit, Math.max(LEAST_OPEN_FILES, filesFor(config, least))));
  }
  return { config: { ...config, limits: fitted }, warning: describe(config, fitted, limit) };
}

type Shares = Pick<LimitsConfig, 'meshCallers' | 'httpClients' | 'clients'>;

function filesFor({ doors, map }: Config, { meshCallers, httpClients, clients }: Shares): number {
  const forPeers = FILES_PER_PEER * (map.letters.length - 1);
  const forClients = doors.memcached.length === 0 ? 0 : clients;
  const forProbes = PROBE_PLACES * doors.http.length;
  return (
    OWN_FILES + forPeers + forProbes + MORE_FOR_CALLERS + FILES_PER_CALLER * meshCallers + httpClients + forClients
  );
}

function tooFew(limit: number, least: number): string {
  return `this process may open ${limit} files, and a daemon needs ${least} at least: ${REMEDY}`;
}

function describe(config: Config, fitted: Shares, limit: number): string {
  const { limits } = config;
  const changes = (['clients', 'httpClients', 'meshCallers'] as const)
    .filter((name) => fitted[name] !== limits[name])
    .map((name) => `limits.${name} is ${fitted[name]} instead of ${limits[name]}`);
  return (
    `this process may open ${limit} files, and with the configured limits it would need ${filesFor(config, limits)}: ` +
    `${changes.join(', ')}; ${REMEDY}, or lower these limits`
  );
}
