import type { ItemAnswer, ItemOperation } from '../session/item-operation.ts';
import type { Reply } from '../session/reply.ts';

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
  'not-found': 'never',
  exists: 'never',
  'non-numeric': 'never',
};

/** Whether a reply to this operation leaves something on the shelf, or may have left it there. */
export function mayHaveChanged(operation: ItemOperation, reply: Reply): boolean {
  if (reply.kind === 'in-doubt') return true;
  if (reply.kind !== 'answered') return false;
  const { answer } = reply;
  const change = CHANGES[answer.kind];
  if (change !== 'if-asked' || answer.kind !== 'hit') return change === 'always';
  const isTouched = operation.kind === 'read' && operation.touchSeconds !== undefined;
  return isTouched || answer.recache === 'won';
}

/** Whether the reply tells a client that nothing is there. */
export function isAbsence(reply: Reply): reply is Answered {
  if (reply.kind !== 'answered') return false;
  const { kind } = reply.answer;
  return kind === 'miss' || kind === 'not-found' || kind === 'not-stored';
}
