import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { MagliaError } from '../errors.ts';
import type { FailureDetector } from '../membership/failure-detector.ts';
import type { LivesFile } from '../membership/lives-file.ts';
import type { Join } from '../membership/join.ts';
import type { Tenure } from '../membership/tenure.ts';
import type { Link } from '../mesh/link.ts';
import type { MeshServer } from '../mesh/mesh-server.ts';
import type { PeerRequest } from '../mesh/message.ts';
import type { OpenedStore } from '../store/open-store.ts';
import type { Doors } from './doors.ts';
import type { FileShortage } from './file-shortage.ts';
import type { StoreLosses } from './store-losses.ts';

/** How a daemon ends: for good, or so that the next one takes over its Memcached. */
export type CloseMode = 'stop' | 'restart';

/** How long a closing node waits for its peers to have heard the goodbye. */
const FAREWELL_MS = 200;
/** How long it waits for its last file to be written. */
const LAST_WRITE_MS = 1000;

export interface MeshParts {
  readonly detector: Pick<FailureDetector, 'close'>;
  readonly doors: Pick<Doors, 'close'>;
  readonly join: Pick<Join, 'close'>;
  readonly links: readonly Link[];
  readonly meshServer: Pick<MeshServer, 'close'>;
}

export interface Closing extends MeshParts {
  readonly tenure: Pick<Tenure, 'incarnation' | 'leave'>;
  readonly losses: Pick<StoreLosses, 'settled'>;
  readonly livesFile: Pick<LivesFile, 'settled'>;
  readonly shortage: Pick<FileShortage, 'close'>;
  readonly opened: Pick<OpenedStore, 'close'>;
  readonly config: Config;
  readonly clock: Clock;
}

/** Doors first, so that what came in is answered; then the farewell, so that nobody waits for us; then the rest. */
export async function closeDaemon(mode: CloseMode, closing: Closing): Promise<void> {
  const { clock, config, doors, join, links, livesFile, losses, opened, shortage, tenure } = closing;
  await doors.close();
  // What a join asks for after the farewell would take that back.
  join.close();
  tenure.leave();
  const { incarnation } = tenure;
  const farewell: PeerRequest =
    mode === 'stop' ? { kind: 'goodbye', incarnation } : { kind: 'pause', incarnation, forMs: config.timings.pauseMs };
  const deadlineAt = clock.monotonic() + FAREWELL_MS;
  const heard = links.map((link) =>
    link.request(farewell, deadlineAt).catch((error: unknown) => {
      // A peer that cannot be told finds out by itself.
      if (!(error instanceof MagliaError)) throw error;
    }),
  );
  await Promise.all(heard);
  await closeMesh(closing);
  await livesFile.settled();
  // A disk that hangs costs the next daemon an explanation.
  await Promise.race([losses.settled(), new Promise<void>((resolve) => clock.after(LAST_WRITE_MS, resolve))]);
  await opened.close(mode === 'stop' ? 'stop' : 'release');
  shortage.close();
}

/** Everything but the store. */
export async function closeMesh({ detector, doors, join, links, meshServer }: MeshParts): Promise<void> {
  join.close();
  detector.close();
  await Promise.all([doors.close(), meshServer.close(), ...links.map((link) => link.close())]);
}
