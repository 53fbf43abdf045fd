import type { FailoverMesh } from './failover-mesh.ts';

/** A way in which an owner can be lost, and how it comes back. */
export interface Death {
  readonly name: 'killed' | 'frozen' | 'blackholed';
  befall(mesh: FailoverMesh, victim: number): void;
  undo(mesh: FailoverMesh, victim: number): Promise<void>;
}

export const KILLED: Death = {
  name: 'killed',
  befall: (mesh, victim) => mesh.node(victim).signal('SIGKILL'),
  undo: async (mesh, victim) => {
    await mesh.node(victim).gone();
    await mesh.node(victim).start();
  },
};

export const FROZEN: Death = {
  name: 'frozen',
  befall: (mesh, victim) => mesh.node(victim).signal('SIGSTOP'),
  undo: (mesh, victim) => {
    mesh.node(victim).signal('SIGCONT');
    return Promise.resolve();
  },
};

export const BLACKHOLED: Death = {
  name: 'blackholed',
  befall: (mesh, victim) => mesh.network.cut(victim),
  undo: (mesh, victim) => {
    mesh.network.mend(victim);
    return Promise.resolve();
  },
};
