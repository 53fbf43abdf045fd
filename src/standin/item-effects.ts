import type { SessionCommand } from '../session/command.ts';
import type { ItemAnswer } from '../session/item-operation.ts';
import type { Reply } from '../session/reply.ts';

type ItemCommand = Extract<SessionCommand, { kind: 'item' }>;
type Answered = Extract<Reply, { kind: 'answered' }>;

/** What changes the item, where the answer is this one; `if-asked`: where the operation was about changing it. */
const CHANGES: Readonly<Record<ItemAnswer['kind'], 'always' | 'never' | 'if-asked'>> = {
  stored: 'always',
  deleted: 'always',
  touched: 'always',
  number: 'always',
  ok: 'always',
  hit: 'if-asked',
  miss: 'never',
  'not-stored': 'never',
  'not-found': 'if-asked',
  exists: 'never',
  'non-numeric': 'never',
};

/** Whether a reply to this command leaves something on the shelf, or may have left it there. */
export function mayHaveChanged({ isSession, operation }: ItemCommand, reply: Reply): boolean {
  if (reply.kind === 'in-doubt') return true;
  if (reply.kind !== 'answered') return false;
  const { answer } = reply;
  if (CHANGES[answer.kind] !== 'if-asked') return CHANGES[answer.kind] === 'always';
  if (answer.kind === 'hit') {
    const isTouched = operation.kind === 'read' && operation.touchSeconds !== undefined;
    return isTouched || answer.recache === 'won';
  }
  // The tombstone of a session that was not there.
  return isSession && operation.kind === 'delete' && operation.cas === undefined;
}

/**
 * Whether a client that hears that nothing is there has learned that a session is gone. The probe of PHP's strict mode only
 * decides whether an id is taken: who is told that it is free goes on under another one.
 */
export function tellsOfAbsence({ operation }: ItemCommand): boolean {
  return operation.kind !== 'probe';
}

/** Whether the reply tells a client that nothing is there. */
export function isAbsence(reply: Reply): reply is Answered {
  if (reply.kind !== 'answered') return false;
  const { kind } = reply.answer;
  return kind === 'miss' || kind === 'not-found' || kind === 'not-stored';
}
