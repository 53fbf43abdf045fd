import type { Clock } from '../clock.ts';
import type { LivesFile } from '../membership/lives-file.ts';
import type { MeshServer } from '../mesh/mesh-server.ts';
import type { MeshNode } from '../node/node.ts';
import type { OpenedStore } from '../store/open-store.ts';
import type { Doors } from './doors.ts';
import type { FileShortage } from './file-shortage.ts';
import type { StoreLosses } from './store-losses.ts';

/** How a daemon ends: for good, or so that the next one takes over its Memcached. */
export type CloseMode = 'stop' | 'restart';

/** How long a closing daemon waits for its last file to be written. */
const LAST_WRITE_MS = 1000;

export interface MeshParts {
  readonly node: Pick<MeshNode, 'close' | 'farewell' | 'links' | 'members'>;
  readonly doors: Pick<Doors, 'close'>;
  readonly meshServer: Pick<MeshServer, 'close'>;
}

export interface Closing extends MeshParts {
  readonly losses: Pick<StoreLosses, 'settled'>;
  readonly livesFile: Pick<LivesFile, 'settled'>;
  readonly shortage: Pick<FileShortage, 'close'>;
  readonly opened: Pick<OpenedStore, 'close'>;
  readonly clock: Clock;
}

/** Doors first, so that what came in is answered; then the farewell, so that nobody waits for us; then the rest. */
export async function closeDaemon(mode: CloseMode, closing: Closing): Promise<void> {
  const { clock, doors, livesFile, losses, node, opened, shortage } = closing;
  await doors.close();
  await node.farewell(mode);
  await closeMesh(closing);
  await livesFile.settled();
  // A disk that hangs costs the next daemon an explanation.
  await Promise.race([losses.settled(), new Promise<void>((resolve) => clock.after(LAST_WRITE_MS, resolve))]);
  await opened.close(mode === 'stop' ? 'stop' : 'release');
  shortage.close();
}

/** Everything but the store. */
export async function closeMesh({ doors, meshServer, node }: MeshParts): Promise<void> {
  node.close();
  const links = node.members.letters.map((peer) => node.links(peer).close());
  await Promise.all([doors.close(), meshServer.close(), ...links]);
}
