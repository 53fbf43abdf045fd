import { CliError } from '../errors.ts';
import type { ClusterView } from '../routing/cluster-view.ts';
import type { Answer } from './http-client.ts';
import { EXIT } from './exit-codes.ts';
import { terminalLine } from './terminal-text.ts';

/**
 * The JSON object of an answer.
 *
 * @throws CliError where it is none: something else listens there.
 */
export function parseObjectBody(answer: Answer): Readonly<Record<string, unknown>> {
  const value = parseJson(answer.body);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new CliError(
    `what answers there is no maglia daemon (HTTP ${answer.status} without a JSON object): check --url`,
    EXIT.unreachable,
  );
}

/** @throws CliError where the answer is not the picture of a mesh. */
export function parseClusterView(answer: Answer): ClusterView {
  const body = parseObjectBody(answer);
  if (answer.status === 200 && Array.isArray(body['peers'])) return body as unknown as ClusterView;
  throw new CliError(describeRefusal(answer), EXIT.unavailable);
}

/** One line for a person about an answer that is not what was asked for. */
export function describeRefusal(answer: Answer): string {
  const { message, code, reason, version } = parseObjectBody(answer);
  const names = [code, reason].filter((name) => typeof name === 'string');
  const told = typeof message === 'string' ? message : `HTTP ${answer.status}`;
  // The message names the field of the answer, which a person does not see here.
  const text =
    typeof version === 'number' ? told.replace('its version is `version`', `its version is ${version}`) : told;
  return terminalLine(names.length === 0 ? text : `${text} (${names.join(', ')})`);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
