import { HANDSHAKE_REFUSALS } from '../../src/errors.ts';
import type {
  Hello,
  LifeHistory,
  NoAnswerReason,
  OfferedEstate,
  PeerAnswer,
  PeerRequest,
} from '../../src/mesh/message.ts';
import type { SessionCommand } from '../../src/session/command.ts';
import type { EstateEntry } from '../../src/session/estate-entry.ts';
import type { ItemAnswer, ItemOperation } from '../../src/session/item-operation.ts';
import type { Reply } from '../../src/session/reply.ts';
import type { Frame } from './mesh-frames.ts';
import { letter } from './mesh-messages.ts';

/** One of each kind or more: the compiler asks for those of a new kind. */
type Examples<Message extends { readonly kind: string }> = {
  readonly [K in Message['kind']]: readonly Extract<Message, { readonly kind: K }>[];
};

const [a, b] = [letter('a'), letter('b')];
const content = { contentType: 'application/json', flags: 7, payload: Buffer.from('{"n":1}') };
const lock = { token: 'tok', expiresInMs: 3000 };

const operations: Examples<ItemOperation> = {
  read: [
    { kind: 'read', canWin: false, isPeek: true },
    { kind: 'read', touchSeconds: -1, vivifySeconds: 60, recacheBelowSeconds: 30, canWin: true, isPeek: false },
  ],
  store: [
    { kind: 'store', mode: 'set', flags: 0, lifeSeconds: 60, isInvalidating: false, value: Buffer.from('v') },
    {
      ...{ kind: 'store', mode: 'cas', flags: 7, lifeSeconds: 0, cas: 9, isInvalidating: true, seen: 5 },
      value: Buffer.from('value'),
    },
  ],
  delete: [{ kind: 'delete' }, { kind: 'delete', cas: 9 }],
  'mark-stale': [{ kind: 'mark-stale' }, { kind: 'mark-stale', cas: 9, lifeSeconds: 30 }],
  arithmetic: [
    { kind: 'arithmetic', direction: 'decr', delta: 2n ** 64n - 1n },
    {
      ...{ kind: 'arithmetic', direction: 'incr', delta: 1n, initial: { value: 5n, lifeSeconds: 60 } },
      ...{ touchSeconds: 30, cas: 9 },
    },
  ],
  touch: [{ kind: 'touch', lifeSeconds: -1 }],
  inspect: [{ kind: 'inspect' }],
  probe: [{ kind: 'probe' }],
};

const commands: Examples<SessionCommand> = {
  get: [{ kind: 'get', id: 'b1' }],
  open: [
    { kind: 'open', id: 'b1' },
    { kind: 'open', id: 'b1', lock: { waitMs: 700 } },
    { kind: 'open', id: 'b1', lock: { waitMs: 700, token: 'tok' } },
  ],
  put: [
    { kind: 'put', id: 'b1', content },
    { kind: 'put', id: 'b1', content, ttlSeconds: 60, ifVersion: 3 },
  ],
  keep: [
    { kind: 'keep', id: 'b1', content },
    { kind: 'keep', id: 'b1', content, ttlSeconds: 60 },
  ],
  patch: [
    { kind: 'patch', id: 'b1', patch: Buffer.from('{}') },
    { kind: 'patch', id: 'b1', patch: Buffer.from('{}'), ttlSeconds: 60, ifVersion: 3 },
  ],
  touch: [
    { kind: 'touch', id: 'b1' },
    { kind: 'touch', id: 'b1', ttlSeconds: 60 },
  ],
  rotate: [
    { kind: 'rotate', id: 'b1' },
    { kind: 'rotate', id: 'b1', graceSeconds: 30 },
  ],
  destroy: [{ kind: 'destroy', id: 'b1' }],
  unlock: [{ kind: 'unlock', id: 'b1', token: 'tök' }],
  succeed: [
    { kind: 'succeed', id: 'b1', successor: 'a1' },
    { kind: 'succeed', id: 'b1', successor: 'a1', insteadOf: 'a2' },
  ],
  item: Object.values(operations).flatMap((examples: readonly ItemOperation[]) =>
    examples.map((operation, at) => ({ kind: 'item', id: 'b1', isSession: at === 0, operation }) as const),
  ),
  lock: [
    { kind: 'lock', id: 'b1', waitMs: 700, holdMs: 3000, holder: a },
    { kind: 'lock', id: 'b1', waitMs: 700, holdMs: 3000, holder: a, token: 'tok' },
  ],
  flush: [{ kind: 'flush', id: 'b1' }],
};

const requests: Examples<PeerRequest> = {
  ping: [{ kind: 'ping', incarnation: 1_790_000_000_000 }],
  accuse: [{ kind: 'accuse', letter: b, incarnation: 5, evidence: 'silence', isPoll: true }],
  join: [{ kind: 'join', incarnation: 6, priorIncarnation: 5, settled: 4 }],
  collect: [{ kind: 'collect', incarnation: 6, letter: b, account: 3, cursor: 256 }],
  hold: [{ kind: 'hold', incarnation: 6 }],
  release: [{ kind: 'release', incarnation: 6 }],
  goodbye: [{ kind: 'goodbye', incarnation: 6 }],
  pause: [{ kind: 'pause', incarnation: 6, forMs: 3000 }],
  execute: Object.values(commands).flatMap((examples: readonly SessionCommand[]) =>
    examples.map(
      (command) => ({ kind: 'execute', route: 'stand-in', owner: b, incarnation: 5, budgetMs: 235, command }) as const,
    ),
  ),
};

const entries: Examples<EstateEntry> = {
  reset: [{ kind: 'reset', id: 'b1' }],
  succeeded: [
    { kind: 'succeeded', id: 'b1', successor: 'a1', aliasMs: 3000 },
    { kind: 'succeeded', id: 'b1', successor: 'a1', aliasMs: 3000, isDestroyed: true },
  ],
  kept: [{ kind: 'kept', id: 'b1', lifeMs: 60_000, record: Buffer.from('record') }],
  buried: [{ kind: 'buried', id: 'b1', reason: 'destroyed' }],
};

const itemAnswers: Examples<ItemAnswer> = {
  hit: [
    {
      ...{ kind: 'hit', value: Buffer.from('value'), flags: 7, cas: 9, ttlSeconds: 60, lastAccessSeconds: 2 },
      ...{ wasFetched: true, isStale: false },
    },
    {
      ...{ kind: 'hit', value: Buffer.from(''), flags: 0, cas: 9, ttlSeconds: 0, lastAccessSeconds: 0 },
      ...{ wasFetched: false, isStale: true, recache: 'won' },
    },
  ],
  miss: [{ kind: 'miss' }, { kind: 'miss', grave: 8 }],
  stored: [{ kind: 'stored', cas: 9 }],
  'not-stored': [{ kind: 'not-stored' }],
  exists: [{ kind: 'exists' }],
  'not-found': [{ kind: 'not-found' }],
  deleted: [{ kind: 'deleted' }],
  touched: [{ kind: 'touched', flags: 7, cas: 9 }],
  number: [{ kind: 'number', value: 2n ** 64n - 1n, cas: 9, ttlSeconds: 60, isCreated: true }],
  'non-numeric': [{ kind: 'non-numeric' }],
  ok: [{ kind: 'ok' }],
};

const replies: Examples<Reply> = {
  done: [
    { kind: 'done', id: 'b1', version: 3, ttlSeconds: 60 },
    { kind: 'done', id: 'b1', version: 3, ttlSeconds: 60, content, lock },
  ],
  moved: [{ kind: 'moved', to: 'a1' }],
  miss: [{ kind: 'miss', reason: 'owner-dead' }],
  answered: [
    ...Object.values(itemAnswers).flatMap((examples: readonly ItemAnswer[]) =>
      examples.map((answer) => ({ kind: 'answered', answer }) as const),
    ),
    { kind: 'answered', answer: { kind: 'stored', cas: 0 }, lock, reason: 'left' },
  ],
  refused: [
    { kind: 'refused', code: 'TOO_LARGE' },
    { kind: 'refused', code: 'VERSION_CONFLICT', version: 3 },
  ],
  'in-doubt': [{ kind: 'in-doubt', code: 'OWNER_UNREACHABLE' }],
  unavailable: [{ kind: 'unavailable', code: 'JOINING' }],
};

const estate: OfferedEstate = {
  ...{ letter: b, account: 3, life: 5, complete: false, gapsBy: [a, b], forgetsUnminted: true, isClosed: false },
};
const history: LifeHistory = {
  ...{ isInformed: true, serving: 7, verdict: 'dead', estates: [estate], settled: 4, recalls: 5, notBeforeMs: 500 },
  ...{ highestIncarnation: 6, dead: [{ letter: b, incarnation: 5 }] },
};

const answers: Examples<PeerAnswer> = {
  pong: [{ kind: 'pong', verdict: 'alive', incarnation: 7, phase: 'serving' }],
  verdict: [{ kind: 'verdict', agreed: true, heardAgoMs: 1500, incarnation: 5 }],
  history: [{ kind: 'history', history }],
  entries: [{ kind: 'entries', entries: Object.values(entries).flat(), nextCursor: 256, more: true }],
  acknowledged: [{ kind: 'acknowledged', accepted: true }],
  reply: Object.values(replies).flatMap((examples: readonly Reply[]) =>
    examples.map((reply) => ({ kind: 'reply', id: 'b1', executorIncarnation: 5, reply }) as const),
  ),
};

const NUMBER = 0x01020304;

const reasons: Readonly<Record<NoAnswerReason, true>> = { failed: true, 'too-long': true };

/** What two nodes that speak one version of the wire tell each other: what an older one does not have is left out. */
export function wireExamples(version: number): readonly Frame[] {
  const hello: Hello = {
    ...{ letter: a, to: b, software: '0.1.0', incarnation: 1_790_000_000_000, phase: 'serving', mapDigest: '0a1b2c' },
    ...(version === 3
      ? { wireVersion: 3, oldestWireVersion: 3 }
      : { wireVersion: version, oldestWireVersion: version - 1, takes: { frameBytes: 1_114_112, commands: 256 } }),
  };
  return [
    { type: 'hello', message: hello },
    { type: 'hello-answer', message: { kind: 'welcome', hello } },
    ...HANDSHAKE_REFUSALS.map((refusal): Frame => {
      return { type: 'hello-answer', message: { kind: 'refused', refusal, explanation: 'because' } };
    }),
    ...Object.values(requests).flatMap((examples: readonly PeerRequest[]) =>
      examples.map((message): Frame => ({ type: 'request', number: NUMBER, message })),
    ),
    ...Object.values(answers).flatMap((examples: readonly PeerAnswer[]) =>
      examples.map((message): Frame => ({ type: 'answer', number: NUMBER, message })),
    ),
    ...(Object.keys(reasons) as NoAnswerReason[])
      .filter((reason) => version > 3 || reason === 'failed')
      .map((reason): Frame => ({ type: 'no-answer', number: NUMBER, reason })),
  ];
}

/** What a frame is, for a line of `test/unit/mesh/wire-<version>.txt`. */
export function describeFrame(frame: Frame): string {
  switch (frame.type) {
    case 'hello':
      return frame.type;
    case 'hello-answer':
      return frame.message.kind === 'refused' ? `refused ${frame.message.refusal}` : frame.message.kind;
    case 'request': {
      const { message } = frame;
      if (message.kind !== 'execute') return message.kind;
      const { command } = message;
      return command.kind === 'item' ? `execute item ${command.operation.kind}` : `execute ${command.kind}`;
    }
    case 'answer': {
      const { message } = frame;
      if (message.kind !== 'reply') return message.kind;
      const { reply } = message;
      return reply.kind === 'answered' ? `reply answered ${reply.answer.kind}` : `reply ${reply.kind}`;
    }
    case 'no-answer':
      return `no answer ${frame.reason}`;
  }
}
