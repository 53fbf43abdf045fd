import type { Clock } from '../clock.ts';
import type { TimingsConfig } from '../config/config.ts';
import type { Membership } from '../membership/membership.ts';
import type { PeerLinks } from '../membership/peer-link.ts';
import type { Hello, PeerAnswer, PeerRequest, RequestOf } from '../mesh/message.ts';
import { answerBy, type RequestTable } from '../mesh/request-table.ts';
import { isLongWork, type LongWork } from '../long-work.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { bytesToCheck, isAcceptable } from '../session/acceptable-command.ts';
import type { Letter } from '../session/letter.ts';
import type { LetterMap } from '../session/letter-map.ts';
import type { Reply } from '../session/reply.ts';
import type { Soon } from '../soon.ts';
import type { Forwarder } from './forwarder.ts';
import { STALE, type LocalExecutor } from './local-executor.ts';
import { isStandIn, placeLetter, type MeshSight } from './placement.ts';

export interface PeerDeskParts {
  readonly letter: Letter;
  readonly map: LetterMap;
  readonly membership: Pick<Membership, 'answers' | 'heard' | 'silenceOf'> & {
    readonly members: Pick<Membership['members'], 'change' | 'stateOf'>;
    readonly tenure: Pick<Membership['tenure'], 'incarnation'>;
  };
  readonly executor: LocalExecutor;
  readonly forwarder: Forwarder;
  readonly links: PeerLinks;
  readonly timings: TimingsConfig;
  readonly work: LongWork;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'count'>;
}

type Execute = RequestOf<'execute'>;

/** Longer than any door lets anybody wait, for a lock too: a deadline that a peer names is bounded as well. */
const MAX_BUDGET_MS = 120_000;

const UNACCEPTABLE: Reply = { kind: 'refused', code: 'UNACCEPTABLE' };
const NOT_HERE: Reply = { kind: 'unavailable', code: 'OWNER_UNREACHABLE' };

/**
 * Where requests of other daemons arrive, and the row of the table that answers each. An `execute` is executed here, or passed
 * on once; never further (docs/guarantees.md#rule-8).
 */
export class PeerDesk {
  readonly #parts: PeerDeskParts;
  readonly #sight: MeshSight;
  readonly #table: RequestTable;

  constructor(parts: PeerDeskParts) {
    this.#parts = parts;
    const { letter, map, membership } = parts;
    this.#sight = { self: letter, map, stateOf: (peer) => membership.members.stateOf(peer) };
    this.#table = { ...membership.answers, execute: (from, request) => this.#command(from, request) };
  }

  answer(from: Hello, request: PeerRequest): Soon<PeerAnswer> {
    return answerBy(this.#table, from, request);
  }

  /** Whether at once or later: as the executor does. */
  #command(from: Hello, request: Execute): Soon<PeerAnswer> {
    const { clock, membership } = this.#parts;
    membership.heard(from.letter, from.incarnation);
    const reply = this.#checked(request, clock.monotonic() + Math.min(request.budgetMs, MAX_BUDGET_MS));
    if (!(reply instanceof Promise)) return this.#answered(request, reply);
    return reply.then((known) => this.#answered(request, known));
  }

  #answered({ command }: Execute, reply: Reply): PeerAnswer {
    const { membership, metrics } = this.#parts;
    metrics.count('requests', { door: 'mesh', command: command.kind, outcome: reply.kind });
    return { kind: 'reply', id: command.id, executorIncarnation: membership.tenure.incarnation, reply };
  }

  /** What a peer says came in at a door is checked as if it came in here; on its way to another owner, there. */
  #checked(request: Execute, deadlineAt: number): Soon<Reply> {
    const { command, route } = request;
    if (route === 'relay') return this.#execute(request, deadlineAt);
    const check = (): Soon<Reply> => (isAcceptable(command) ? this.#execute(request, deadlineAt) : UNACCEPTABLE);
    return isLongWork(bytesToCheck(command)) ? this.#parts.work.piece().then(check) : check();
  }

  #execute(request: Execute, deadlineAt: number): Soon<Reply> {
    switch (request.route) {
      case 'owner':
        return this.#asOwner(request, deadlineAt);
      case 'relay':
        return this.#asRelay(request, deadlineAt);
      case 'stand-in':
        return this.#asStandIn(request, deadlineAt);
    }
  }

  #asOwner({ owner, incarnation, command }: Execute, deadlineAt: number): Soon<Reply> {
    const { executor, letter, membership } = this.#parts;
    if (owner !== letter) return NOT_HERE;
    // Meant for a former life, or for one that we have not told the sender about yet (docs/guarantees.md#rule-4).
    if (incarnation !== membership.tenure.incarnation) return STALE;
    return executor.own(command, deadlineAt, incarnation);
  }

  async #asRelay({ owner, incarnation, command }: Execute, deadlineAt: number): Promise<Reply> {
    const { letter, links, map, membership, timings } = this.#parts;
    if (owner === letter || !map.has(owner)) return NOT_HERE;
    // Only over a path that worked a moment ago: a write that sticks half-way would be in doubt for nothing.
    const isFresh = links(owner).state.kind === 'up' && membership.silenceOf(owner).pathMs <= 2 * timings.pingMs;
    if (!isFresh) return NOT_HERE;
    return this.#passOn(owner, incarnation, command, deadlineAt);
  }

  async #asStandIn({ owner, command }: Execute, deadlineAt: number): Promise<Reply> {
    const { executor, letter, map, membership } = this.#parts;
    if (owner === letter || !map.has(owner)) return NOT_HERE;
    for (;;) {
      const placement = placeLetter(owner, this.#sight);
      if (placement.kind === 'standIn') {
        if (placement.by !== letter) return NOT_HERE;
        return executor.standIn(owner, command, deadlineAt, () => isStandIn(owner, this.#sight));
      }
      // Asked to stand in for one that we see alive: relay instead (docs/guarantees.md#rule-7).
      if (placement.kind === 'peer') return this.#passOn(owner, placement.incarnation, command, deadlineAt);
      if (!(await membership.members.change(deadlineAt))) return NOT_HERE;
    }
  }

  async #passOn(owner: Letter, incarnation: number, command: Execute['command'], deadlineAt: number): Promise<Reply> {
    const passage = { via: owner, route: 'owner', owner, incarnation, deadlineAt } as const;
    const outcome = await this.#parts.forwarder.forward(command, passage);
    return outcome.kind === 'answered' ? outcome.reply : NOT_HERE;
  }
}
