import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../../test/support/free-ports.ts';
import { isListening } from '../../test/support/listening.ts';
import type { BenchContext } from '../bench-context.ts';
import { ChildProgram } from '../child-program.ts';
import type { RecordedAnswers } from './recorded-answers.ts';

export interface HttpServer {
  readonly url: string;
  readonly pid: number;
}

/** The bare routes in a process of their own, ready. */
export async function startFastifyRoute(
  answers: RecordedAnswers,
  { directory, cleanup }: Pick<BenchContext, 'directory' | 'cleanup'>,
): Promise<HttpServer> {
  const [port = 0] = await freePorts(1);
  const file = join(directory, 'answers.json');
  writeFileSync(file, JSON.stringify(answers));
  const main = join(import.meta.dirname, 'fastify-route.ts');
  const program = new ChildProgram(process.execPath, ['--import', 'tsx', main, String(port), file]);
  cleanup.add(() => program.end());
  await program.ready(() => isListening({ host: '127.0.0.1', port }));
  return { url: `http://127.0.0.1:${port}`, pid: program.pid };
}
