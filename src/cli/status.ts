import type { Command } from 'commander';
import { parseClusterView } from './answer.ts';
import type { CommandParts } from './context.ts';
import { callDaemon, daemonCommand, printAnswer, type DaemonOptions } from './daemon-command.ts';
import { describeCluster } from './describe-cluster.ts';
import { EXIT } from './exit-codes.ts';
import { withTerminalLines } from './terminal-text.ts';
import { troublesOf } from './well-being.ts';

const HELP = `
Exit status:
  0   all is well: this node serves, its store is up, every peer is alive and linked to it
  1   it answered, and not all is well: the table says what
  4, 5 and others: it could not be asked, see \`maglia help\``;

/**
 * `maglia status`: the mesh as the daemon asked sees it. Its exit status says whether all is well, so that scripts and
 * monitoring need not read the table.
 */
export function statusCommand({ context, finish }: CommandParts): Command {
  return daemonCommand('status', 'the mesh as one daemon sees it: each node, its state and why')
    .addHelpText('after', HELP)
    .action(async (options: DaemonOptions) => {
      const answer = await callDaemon(context, options, { method: 'GET', path: '/v1/cluster' });
      const exitCode = printAnswer(context, options, answer, () =>
        describeCluster(withTerminalLines(parseClusterView(answer))).trimEnd(),
      );
      finish(exitCode === EXIT.ok && troublesOf(parseClusterView(answer)).length > 0 ? EXIT.no : exitCode);
    });
}
