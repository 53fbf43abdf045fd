import type { PeerAnswer, PeerRequest, PeerRequestKind } from './message.ts';

const ANSWER_KIND_OF: Readonly<Record<PeerRequestKind, PeerAnswer['kind']>> = {
  ping: 'pong',
  accuse: 'verdict',
  join: 'history',
  collect: 'entries',
  hold: 'acknowledged',
  release: 'acknowledged',
  goodbye: 'acknowledged',
  pause: 'acknowledged',
  execute: 'reply',
};

/** Whether this can be the answer to that, its number aside: the kind fits, and a reply names the id that was asked (S0). */
export function isAnswerTo(request: PeerRequest, answer: PeerAnswer): boolean {
  if (ANSWER_KIND_OF[request.kind] !== answer.kind) return false;
  return request.kind !== 'execute' || answer.kind !== 'reply' || answer.id === request.command.id;
}
