import { CliError } from '../../errors.ts';
import type { CliContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { requestRevive } from './control-client.ts';
import { describeNodes } from './print-mesh.ts';

export interface ReviveRequest {
  readonly letter: string;
  /** A mesh's directory, or the one in which `up` made it. */
  readonly place?: string;
  readonly isJson: boolean;
}

/** `maglia up --revive b`: has the running `up` start a dead node again, and prints it once it is ready. */
export async function revive(context: CliContext, { letter, place, isJson }: ReviveRequest): Promise<ExitCode> {
  const reply = await requestRevive(place, letter, context.clock);
  if (reply.kind === 'failed') throw new CliError(reply.message, reply.exitCode);
  context.output.write(isJson ? `${JSON.stringify(reply.node)}\n` : describeNodes([reply.node]));
  return EXIT.ok;
}
