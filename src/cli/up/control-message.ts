import type { NodeReport } from './node-report.ts';

/** What the running `up` answers; one JSON object on one line. */
export type ControlReply =
  | { readonly kind: 'ready'; readonly node: NodeReport }
  | { readonly kind: 'failed'; readonly message: string; readonly exitCode: number };

/** The line that asks for a node to be started again. */
export function encodeRevive(letter: string): string {
  return `${JSON.stringify({ revive: letter })}\n`;
}

/** The letter asked for; undefined where the line asks for nothing that we know. */
export function parseRevive(line: string): string | undefined {
  const request = parseObject(line);
  return request !== undefined && 'revive' in request && typeof request.revive === 'string'
    ? request.revive
    : undefined;
}

export function encodeControlReply(reply: ControlReply): string {
  return `${JSON.stringify(reply)}\n`;
}

/** The reply; undefined where the line is none, as when `up` ended meanwhile. */
export function parseControlReply(line: string): ControlReply | undefined {
  const reply = parseObject(line);
  return reply !== undefined && 'kind' in reply && (reply.kind === 'ready' || reply.kind === 'failed')
    ? (reply as ControlReply)
    : undefined;
}

function parseObject(line: string): object | undefined {
  try {
    const value = JSON.parse(line) as unknown;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
