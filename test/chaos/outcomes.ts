import { RESET_REASONS, type ResetReason } from '../../src/session/record.ts';
import type { Outcome, Payload } from '../support/sim/history.ts';
import type { Called } from './http-call.ts';

type Body = Readonly<Record<string, unknown>>;

/** What a daemon's answer to anything but `open` tells a visitor. */
export function toOutcome(called: Called, askedFor: string | undefined): Outcome {
  if (called.kind === 'refused') return { kind: 'unavailable', code: 'NO_DAEMON' };
  if (called.kind === 'lost') return { kind: 'lost' };
  const { status, body } = called;
  if (status === 204) return { kind: 'written', id: askedFor ?? '', version: 0 };
  if (status !== 200 && status !== 201) return toFailure(status, body);
  const { id, version } = readHead(body);
  return 'data' in body
    ? { kind: 'read', id, version, payload: toPayload(body['data']) }
    : { kind: 'written', id, version };
}

/** What a daemon's answer to `open` tells a visitor. */
export function toOpened(called: Called): Outcome {
  if (called.kind !== 'answered' || called.status !== 200) return toOutcome(called, undefined);
  const { id, version } = readHead(called.body);
  const { state, reason, data } = called.body;
  if (state !== 'found' && state !== 'minted' && state !== 'regenerated') throw new TypeError(`state ${String(state)}`);
  const isReason = typeof reason === 'string';
  return {
    kind: 'opened',
    id,
    state,
    version,
    payload: toPayload(data),
    ...(isReason && { reason: toReason(reason) }),
  };
}

/** Every answer that is none: miss, refused, in doubt, unavailable. */
export function toFailure(status: number, body: Body): Outcome {
  const code = typeof body['code'] === 'string' ? body['code'] : `HTTP ${status}`;
  if (code === 'SESSION_MISS') return { kind: 'miss', reason: toReason(body['reason']) };
  if (code === 'IN_DOUBT') return { kind: 'in-doubt', code };
  if (status === 503) return { kind: 'unavailable', code };
  // A page or a balancer that waited in vain knows no more than its visitor.
  if (status === 502 || status === 504) return { kind: 'lost' };
  return { kind: 'refused', code };
}

/** What stands in a session: what visitors of doors wrote, or the visits of a page. */
export function toPayload(data: unknown): Payload {
  const { lineage, write, patches, visits } = (data ?? {}) as {
    lineage?: string;
    write?: number;
    patches?: object;
    visits?: object;
  };
  return {
    ...(lineage !== undefined && { lineage }),
    ...(write !== undefined && { write }),
    patches: Object.keys({ ...patches, ...visits }).map(Number),
  };
}

export function toReason(text: unknown): ResetReason {
  const reason = RESET_REASONS.find((known) => known === text);
  if (reason === undefined) throw new TypeError(`no reason for a reset: ${String(text)}`);
  return reason;
}

function readHead({ id, version }: Body): { id: string; version: number } {
  if (typeof id !== 'string' || typeof version !== 'number') throw new TypeError('an answer without id and version');
  return { id, version };
}
