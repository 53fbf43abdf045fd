import type { RefusalCode, Reply } from '../../session/reply.ts';
import type { ResetReason } from '../../session/record.ts';
import { ProblemError } from './problem-error.ts';
import { PROBLEMS, type Problem } from './problems.ts';

export type Done = Extract<Reply, { kind: 'done' }>;
type NotDone = Exclude<Reply, Done>;

/** What each outcome other than done is to an HTTP client. A failure is never a miss (S3). */
export function problemOf(reply: NotDone): Problem {
  switch (reply.kind) {
    case 'miss':
      return missProblem(reply.reason);
    case 'refused':
      return refusalProblem(reply.code, reply.version);
    case 'unavailable':
      return { code: reply.code, message: PROBLEMS[reply.code].means };
    case 'in-doubt':
      return { code: 'IN_DOUBT', message: PROBLEMS.IN_DOUBT.means, details: { cause: reply.code } };
    case 'moved':
      // Only `open` and `succeed` are answered so, and this door dispatches neither.
      throw new ProblemError({ code: 'INTERNAL', message: 'a session moved where it cannot' });
    case 'answered':
      // Only `item` and `lock` are, which memcached clients ask for.
      throw new ProblemError({ code: 'INTERNAL', message: 'a session was answered as an item' });
  }
}

/** For a condition on the version that a read found to fail. */
export function conflict(version: number): Problem {
  return refusalProblem('VERSION_CONFLICT', version);
}

function missProblem(reason: ResetReason): Problem {
  return { code: 'SESSION_MISS', message: MISS[reason], details: { reason } };
}

function refusalProblem(code: RefusalCode, version?: number): Problem {
  if (code === 'DESTROYED') return missProblem('destroyed');
  if (code === 'FLUSH_NOT_ALLOWED') {
    throw new ProblemError({ code: 'INTERNAL', message: 'a session was answered as a flush' });
  }
  return { code, message: PROBLEMS[code].means, ...(version !== undefined && { details: { version } }) };
}

const MISS: Readonly<Record<ResetReason, string>> = {
  'owner-dead': 'the node that had this session is dead; open it to get a fresh one',
  expired: 'this session outlived its time to live; open it to get a fresh one',
  evicted: 'the store dropped this session to make room; open it to get a fresh one',
  destroyed: 'this session was destroyed, or its id was rotated; open it to get a fresh one',
  unknown: 'there is no trace of this session: it was never minted, or was forgotten since',
  malformed: 'no session can have this id',
  'store-lost': 'the store that had this session was lost; open it to get a fresh one',
  restarted: 'the node that had this session was stopped and came back empty; open it to get a fresh one',
  left: 'the node that had this session was stopped; open it to get a fresh one',
};
