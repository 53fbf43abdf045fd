import type { Command } from 'commander';
import { parseClusterView } from './answer.ts';
import type { CommandParts } from './context.ts';
import { callDaemon, daemonCommand, printAnswer, type DaemonOptions } from './daemon-command.ts';
import { describeCluster } from './describe-cluster.ts';

/** `maglia status`: the mesh as the daemon asked sees it. */
export function statusCommand({ context, finish }: CommandParts): Command {
  return daemonCommand('status', 'the mesh as one daemon sees it: each node, its state and why').action(
    async (options: DaemonOptions) => {
      const answer = await callDaemon(context, options, { method: 'GET', path: '/v1/cluster' });
      finish(printAnswer(context, options, answer, () => describeCluster(parseClusterView(answer)).trimEnd()));
    },
  );
}
