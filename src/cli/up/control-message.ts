import { isLetter } from '../../session/letter.ts';
import { EXIT } from '../exit-codes.ts';
import { withTerminalLines } from '../terminal-text.ts';
import type { NodeReport } from './node-report.ts';

/** What the running `up` answers; one JSON object on one line. */
export type ControlReply =
  | { readonly kind: 'ready'; readonly node: NodeReport }
  | { readonly kind: 'failed'; readonly message: string; readonly exitCode: number };

/** How a revival can fail; whatever else is said is no word of an `up`, least of all that all went well. */
const FAILURES: readonly number[] = Object.values(EXIT).filter((code) => code !== EXIT.ok);

/** The line that asks for a node to be started again. */
export function encodeRevive(letter: string): string {
  return `${JSON.stringify({ revive: letter })}\n`;
}

/** The letter asked for; undefined where the line asks for nothing that we know. */
export function parseRevive(line: string): string | undefined {
  const request = parseObject(line);
  return typeof request?.['revive'] === 'string' ? request['revive'] : undefined;
}

export function encodeControlReply(reply: ControlReply): string {
  return `${JSON.stringify(reply)}\n`;
}

/** The reply, with nothing in the node's that a terminal would obey; undefined where the line is none. */
export function parseControlReply(line: string): ControlReply | undefined {
  const reply = parseObject(line);
  if (reply?.['kind'] === 'ready') {
    const node = parseNode(reply['node']);
    return node && { kind: 'ready', node };
  }
  const exitCode = FAILURES.find((code) => code === reply?.['exitCode']);
  const message = reply?.['message'];
  if (reply?.['kind'] !== 'failed' || exitCode === undefined || typeof message !== 'string') return undefined;
  return { kind: 'failed', message, exitCode };
}

function parseNode(value: unknown): NodeReport | undefined {
  if (!isObject(value) || !isObject(value['store'])) return undefined;
  const { letter, pid, http, memcached, mesh } = value;
  const { kind, pid: storePid } = value['store'];
  if (typeof letter !== 'string' || !isLetter(letter) || typeof pid !== 'number') return undefined;
  if (typeof http !== 'string' || typeof memcached !== 'string' || typeof mesh !== 'string') return undefined;
  if ((kind !== 'memcached' && kind !== 'memory') || (storePid !== null && typeof storePid !== 'number')) {
    return undefined;
  }
  return withTerminalLines({ letter, pid, http, memcached, mesh, store: { kind, pid: storePid } });
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(line) as unknown;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
