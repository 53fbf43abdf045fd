/** The load generator: a process of its own, which stays from run to run, so that it is warm. Told what to do over IPC. */
import type { FromGenerator, ToGenerator } from './load-job.ts';
import { runLoad } from './run-load.ts';

function say(message: FromGenerator): void {
  process.send?.(message);
}

process.on('message', ({ job }: ToGenerator) => {
  runLoad(job).then(
    (result) => say({ kind: 'done', result }),
    (error: unknown) => say({ kind: 'failed', why: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit());
// Ctrl-C reaches every process of the terminal; the one that started this one ends it.
process.on('SIGINT', () => undefined);
