import { Command, InvalidArgumentError, Option } from 'commander';
import { nodeEnvironment } from '../config/process-environment.ts';
import { loadConfig } from '../config/load.ts';
import { OPTIONS } from '../config/options.ts';
import { CliError } from '../errors.ts';
import { nodeSources } from './config-sources.ts';
import type { CliContext, CommandParts } from './context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { chooseStore, isInstalled, type StoreKind } from './up/choose-store.ts';
import { requestRevive } from './up/control-socket.ts';
import { LocalMesh } from './up/local-mesh.ts';
import { MeshDirectory } from './up/mesh-directory.ts';
import { describeMesh, describeNodes } from './up/node-report.ts';
import { parseSetting, type Setting } from './up/node-settings.ts';
import { findFreeSeats, MAX_NODES } from './up/ports.ts';

interface UpOptions {
  readonly nodes: number;
  readonly basePort?: number;
  readonly store?: StoreKind;
  readonly set: readonly Setting[];
  readonly runtimeDirectory?: string;
  readonly revive?: string;
  readonly directory?: string;
  readonly allowFlush?: boolean;
  readonly json?: boolean;
}

/** What `--allow-flush` says to every node. */
const ALLOW_FLUSH: Setting = { path: ['doors', 'allowFlush'], value: true };

/** `maglia up`: a whole mesh on this machine, for trying out; and `maglia up --revive b` for the one that runs. */
export function upCommand({ context, finish }: CommandParts): Command {
  return new Command('up')
    .description('run a whole mesh on this machine, for trying out, until Ctrl-C; it leaves nothing behind')
    .option('--nodes <n>', `how many nodes, 1 to ${MAX_NODES}`, parseNodes, 3)
    .option(
      '--base-port <port>',
      'HTTP on this port and the next ones, memcached 50 above, mesh 100 above (without it: the first free ports)',
      parsePort,
    )
    .addOption(
      new Option('--store <kind>', "the nodes' stores (without it: memcached where it is installed)").choices([
        'memcached',
        'memory',
      ]),
    )
    .addOption(
      new Option('--set <path=value>', 'an option for every node, such as timings.deadAfterMs=600; can be repeated')
        .argParser(addSetting)
        .default([], 'none'),
    )
    .option(
      '--runtime-directory <dir>',
      "where the mesh's own directory is made (without it: the system's temporary one)",
    )
    .option('--allow-flush', 'let memcached clients drop every session with flush_all, for conformance tools')
    .option('--json', 'print one line of JSON when all nodes are ready, and nothing else')
    .addOption(
      new Option('--revive <letter>', 'start a dead node of the running mesh again').conflicts([
        'basePort',
        'store',
        'allowFlush',
        'runtimeDirectory',
      ]),
    )
    .option('--directory <dir>', 'with --revive, which mesh: its directory, or the one it was made in')
    .action(async (options: UpOptions) => finish(await run(context, options)));
}

async function run(context: CliContext, options: UpOptions): Promise<ExitCode> {
  const { revive: letter, directory: place, json } = options;
  if (letter !== undefined) {
    return await revive(context, { letter, isJson: json === true, ...(place !== undefined && { place }) });
  }
  if (place === undefined) return await up(context, options);
  throw new CliError(
    '--directory goes with --revive; --runtime-directory says where a new mesh keeps its files',
    EXIT.usage,
  );
}

async function up(context: CliContext, options: UpOptions): Promise<ExitCode> {
  const interrupts = context.catchInterrupts();
  const program = memcachedProgram(options.set);
  const store = chooseStore(options.store, program, options.store !== 'memory' && (await isInstalled(program)));
  if (store.notice !== undefined) (options.json === true ? context.errors : context.output).write(`${store.notice}\n`);

  const ports = await findFreeSeats(options.nodes, options.basePort);
  const directory = await MeshDirectory.create(options.runtimeDirectory, {
    seats: ports.seats,
    storeKind: store.kind,
    settings: options.allowFlush === true ? [...options.set, ALLOW_FLUSH] : options.set,
  });
  const mesh = new LocalMesh(ports, {
    clock: context.clock,
    mainFile: context.mainFile,
    env: nodeEnvironment(),
    directory,
    onDeath: ({ letter }, pid, how) => {
      const again = `\`npm start -- --revive ${letter}\` or \`maglia up --revive ${letter}\``;
      context.errors.write(`node ${letter} (pid ${pid}) died: ${how}; ${again} starts it again\n`);
    },
  });
  try {
    // Told here and at once, instead of by each node in its log.
    await loadConfig(nodeSources({ config: directory.configFile, letter: 'a' }));
    const nodes = await Promise.race([mesh.start(), interrupts.requested.then(() => undefined)]);
    if (nodes !== undefined) {
      context.output.write(
        options.json === true ? `${JSON.stringify({ nodes })}\n` : describeMesh(nodes, directory.path),
      );
      await interrupts.requested;
    }
  } finally {
    await mesh.close(interrupts.insisted);
  }
  return EXIT.ok;
}

function memcachedProgram(settings: readonly Setting[]): string {
  const setting = settings.findLast(({ path }) => path.join('.') === 'store.program');
  return typeof setting?.value === 'string' ? setting.value : OPTIONS['store.program'].fallback;
}

function addSetting(text: string, before: readonly Setting[]): readonly Setting[] {
  return [...before, parseSetting(text)];
}

function parseNodes(text: string): number {
  const nodes = Number(text);
  if (/^\d{1,2}$/.test(text) && nodes >= 1 && nodes <= MAX_NODES) return nodes;
  throw new InvalidArgumentError(`Give a whole number from 1 to ${MAX_NODES}.`);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1) return port;
  throw new InvalidArgumentError('Give a port.');
}

interface ReviveRequest {
  readonly letter: string;
  /** A mesh's directory, or the one in which `up` made it. */
  readonly place?: string;
  readonly isJson: boolean;
}

/** `maglia up --revive b`: has the running `up` start a dead node again, and prints it once it is ready. */
async function revive(context: CliContext, { letter, place, isJson }: ReviveRequest): Promise<ExitCode> {
  const reply = await requestRevive(place, letter, context.clock);
  if (reply.kind === 'failed') throw new CliError(reply.message, reply.exitCode);
  context.output.write(isJson ? `${JSON.stringify(reply.node)}\n` : describeNodes([reply.node]));
  return EXIT.ok;
}
