import type { ConfigProblem } from '../errors.ts';
import { formatAddress, type MeshAddress } from '../session/letter.ts';
import type { SocketAddress } from './config.ts';
import { isLoopback, formatSocketAddress, isReachable } from './socket-addresses.ts';
import type { OptionPath, OptionValues } from './options.ts';

type Fault = Omit<ConfigProblem, 'path'> | undefined;

/** What several options must agree on. */
interface Agreement {
  /** The options that it looks at. The first is where a fault is told. */
  readonly over: readonly [OptionPath, ...OptionPath[]];
  readonly fault: (values: OptionValues) => Fault;
}

type NumberPath = { [P in OptionPath]: OptionValues[P] extends number ? P : never }[OptionPath];

const MEBIBYTE = 1_048_576;

/** Memcached takes a largest item only in steps of this. */
const ITEM_STEP_BYTES = 524_288;

/** Room for what is kept with a session: its id, version, checksum, content type and the store's own header. */
const RECORD_OVERHEAD_BYTES = 65_536;

const AGREEMENTS: readonly Agreement[] = [
  atMost('session.ttlSeconds', 'session.maxTtlSeconds'),
  // Who holds the lock may write at the very end of it, and must still meet the tombstone (S5).
  atMost('session.lockSeconds', 'session.tombstoneSeconds'),
  atMost('timings.operationMs', 'timings.hardCapMs'),
  atMost('timings.storeMs', 'timings.operationMs'),
  atMost('timings.dialMs', 'timings.joinPatienceMs'),
  {
    over: ['timings.suspectAfterMs', 'timings.pingMs'],
    fault: (values) => {
      const least = 2 * values['timings.pingMs'];
      return values['timings.suspectAfterMs'] >= least
        ? undefined
        : { found: String(values['timings.suspectAfterMs']), expected: `at least ${least}, two of timings.pingMs` };
    },
  },
  {
    // The fence of an owner is three pings shorter than that (membership/silence.ts), and must outlast a late ping.
    over: ['timings.deadAfterMs', 'timings.suspectAfterMs', 'timings.pingMs'],
    fault: (values) => {
      const least = values['timings.suspectAfterMs'] + 3 * values['timings.pingMs'];
      return values['timings.deadAfterMs'] >= least
        ? undefined
        : {
            found: String(values['timings.deadAfterMs']),
            expected: `at least ${least}, suspectAfterMs and three pings`,
          };
    },
  },
  {
    // The request that meets a frozen owner must get the verdict inside its cap.
    over: ['timings.deadAfterMs', 'timings.pingMs', 'timings.hardCapMs'],
    fault: (values) => {
      const most = values['timings.hardCapMs'] - 2 * values['timings.pingMs'];
      return values['timings.deadAfterMs'] <= most
        ? undefined
        : {
            found: String(values['timings.deadAfterMs']),
            expected: `at most ${most}, timings.hardCapMs less two of timings.pingMs`,
          };
    },
  },
  {
    over: ['store.megabytes', 'session.maxBytes', 'store.address'],
    fault: (values) => {
      const least = leastMegabytes(values['session.maxBytes']);
      return values['store.address'] !== undefined || values['store.megabytes'] >= least
        ? undefined
        : {
            found: String(values['store.megabytes']),
            expected: `at least ${least}, for sessions of up to session.maxBytes (${values['session.maxBytes']})`,
          };
    },
  },
  {
    over: ['store.address', 'store.kind'],
    fault: (values) =>
      values['store.address'] === undefined || values['store.kind'] === 'memcached'
        ? undefined
        : {
            found: `${formatSocketAddress(values['store.address'])} with store.kind ${values['store.kind']}`,
            expected: 'no address, or store.kind memcached',
          },
  },
  {
    over: ['doors.http', 'doors.tokenFile'],
    fault: (values) => {
      const open = values['doors.http'].filter(isReachable);
      return open.length === 0 || values['doors.tokenFile'] !== undefined
        ? undefined
        : {
            found: `${listAddresses(open)}, which other machines reach, and no token`,
            expected: 'loopback addresses or unix sockets only, or a token in doors.tokenFile',
          };
    },
  },
  {
    over: ['doors.memcached', 'doors.usersFile'],
    fault: (values) => {
      const open = (values['doors.memcached'] ?? []).filter(isReachable);
      return open.length === 0 || values['doors.usersFile'] !== undefined
        ? undefined
        : {
            found: `${listAddresses(open)}, which other machines reach, and no credentials`,
            expected: 'loopback addresses or unix sockets only, or users and passwords in doors.usersFile',
          };
    },
  },
  {
    // One client that writes the largest session and one that reads it.
    over: ['limits.clientMegabytes', 'session.maxBytes'],
    fault: (values) => {
      const least = Math.ceil((2 * (values['session.maxBytes'] + RECORD_OVERHEAD_BYTES)) / MEBIBYTE);
      return values['limits.clientMegabytes'] >= least
        ? undefined
        : {
            found: String(values['limits.clientMegabytes']),
            expected: `at least ${least}, for sessions of up to session.maxBytes (${values['session.maxBytes']})`,
          };
    },
  },
  {
    over: ['mesh.plain', 'letters', 'mesh.listen'],
    fault: (values) => {
      const open = meshAddresses(values).filter(({ host }) => !isLoopback(host));
      return open.length === 0 || !values['mesh.plain']
        ? undefined
        : {
            found: `true, with mesh addresses that are not loopback: ${open.map(formatAddress).join(', ')}`,
            expected: 'false and a secret in secretFile, or loopback addresses only',
          };
    },
  },
  {
    over: ['secretFile', 'letters', 'mesh.plain'],
    fault: (values) =>
      values.secretFile !== undefined || values['mesh.plain'] || (values.letters?.letters.length ?? 0) <= 1
        ? undefined
        : {
            found: 'no secret',
            expected:
              'a file with the secret that all nodes share (openssl rand -base64 32 makes one); or mesh.plain, on loopback',
          },
  },
];

/** Every agreement that is broken, save those over options that are wrong by themselves. */
export function findDisagreements(values: OptionValues, broken: ReadonlySet<OptionPath>): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const { over, fault } of AGREEMENTS) {
    if (over.some((path) => broken.has(path))) continue;
    const found = fault(values);
    if (found !== undefined) problems.push({ path: over[0], ...found });
  }
  return problems;
}

function atMost(lesser: NumberPath, greater: NumberPath): Agreement {
  return {
    over: [lesser, greater],
    fault: (values) =>
      values[lesser] <= values[greater]
        ? undefined
        : { found: String(values[lesser]), expected: `at most ${greater} (${values[greater]})` },
  };
}

/** Memcached does not start with items of more than half its memory. */
function leastMegabytes(maxBytes: number): number {
  const steps = Math.ceil((maxBytes + RECORD_OVERHEAD_BYTES) / ITEM_STEP_BYTES);
  return Math.ceil((2 * steps * ITEM_STEP_BYTES) / MEBIBYTE);
}

function meshAddresses(values: OptionValues): readonly MeshAddress[] {
  const { letters, 'mesh.listen': listen } = values;
  const mapped = letters?.letters.map((letter) => letters.address(letter)) ?? [];
  return listen === undefined ? mapped : [...mapped, listen];
}

function listAddresses(addresses: readonly SocketAddress[]): string {
  return addresses.map(formatSocketAddress).join(', ');
}
