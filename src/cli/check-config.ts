import type { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { formatSocketAddress } from '../config/socket-addresses.ts';
import type { FlagValues } from '../config/sources.ts';
import { ConfigError } from '../errors.ts';
import { formatAddress } from '../session/letter.ts';
import { configCommand, daemonSources } from './config-sources.ts';
import type { CliContext, CommandParts } from './context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { formatTable } from './terminal-text.ts';

/** `maglia check-config`: what `serve` would make of the same file, variables and flags, without starting anything. */
export function checkConfigCommand({ context, finish }: CommandParts): Command {
  return configCommand('check-config', 'say what is wrong with a configuration, all of it, or what it comes to')
    .option('--json', 'print one line of JSON')
    .action(async (flags: FlagValues) => finish(await checkConfig(context, flags)));
}

async function checkConfig({ output }: CliContext, flags: FlagValues): Promise<ExitCode> {
  const isJson = flags['json'] === true;
  try {
    const config = await loadConfig(daemonSources(flags));
    output.write(isJson ? `${JSON.stringify({ valid: true, ...summarize(config) })}\n` : describeConfig(config));
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { problems } = error;
    output.write(isJson ? `${JSON.stringify({ valid: false, problems })}\n` : describeProblems(error));
    return EXIT.config;
  }
}

interface ConfigSummary {
  readonly letter: string;
  readonly mapDigest: string;
  readonly map: Readonly<Record<string, string>>;
  readonly mesh: { readonly listen: string; readonly security: string };
  readonly doors: {
    readonly http: readonly string[];
    readonly token: boolean;
    readonly memcached: readonly string[];
    readonly users: number;
    readonly allowFlush: boolean;
  };
  readonly store: string;
  readonly runtimeDirectory: string;
}

/** What a person checks before a start. Says that there is a secret, never which. */
function summarize({ letter, map, mesh, doors, store, runtimeDirectory }: Config): ConfigSummary {
  const external = store.address === undefined ? '' : ` at ${formatSocketAddress(store.address)}`;
  return {
    letter,
    mapDigest: map.digest,
    map: Object.fromEntries(map.letters.map((each) => [each, formatAddress(map.address(each))])),
    mesh: { listen: formatAddress(mesh.listen), security: mesh.security.kind },
    doors: {
      http: doors.http.map(formatSocketAddress),
      token: doors.token !== undefined,
      memcached: doors.memcached.map(formatSocketAddress),
      users: doors.credentials.length,
      allowFlush: doors.allowFlush,
    },
    store: `${store.kind}${external}, ${store.megabytes} MiB`,
    runtimeDirectory,
  };
}

function describeConfig(config: Config): string {
  const { letter, mapDigest, map, mesh, doors, store, runtimeDirectory } = summarize(config);
  const own = (each: string): string => (each === letter ? 'this node' : '');
  return [
    formatTable(
      ['letter', 'address', ''],
      Object.entries(map).map(([each, address]) => [each, address, own(each)]),
    ),
    formatTable(
      ['own letter', letter],
      [
        ['map digest', `${mapDigest} (the same on every node)`],
        ['mesh listens', `${mesh.listen}, ${mesh.security}`],
        ['HTTP listens', `${doors.http.join(', ')}${doors.token ? ', token demanded' : ''}`],
        ['memcached listens', describeMemcached(doors)],
        ['store', store],
        ['runtime files', runtimeDirectory],
      ],
    ),
  ].join('\n');
}

function describeMemcached({ memcached, users, allowFlush }: ConfigSummary['doors']): string {
  if (memcached.length === 0) return 'nowhere: doors.memcached is not set';
  const demanded = users === 0 ? '' : `, password demanded of ${users} ${users === 1 ? 'user' : 'users'}`;
  return `${memcached.join(', ')}${demanded}${allowFlush ? ', flush_all allowed' : ''}`;
}

function describeProblems({ problems }: ConfigError): string {
  return [
    ...problems.map(({ path, found, expected }) => `${path}\n  found: ${found}\n  expected: ${expected}\n`),
    `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}\n`,
  ].join('');
}
