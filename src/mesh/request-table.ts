import type { Soon } from '../soon.ts';
import type { Hello, PeerAnswer, PeerRequest, PeerRequestKind, RequestOf } from './message.ts';

/** What answers requests of these kinds. `from` is the hello of the node that asks. */
export type RequestTable<K extends PeerRequestKind = PeerRequestKind> = {
  readonly [Kind in K]: (from: Hello, request: RequestOf<Kind>) => Soon<PeerAnswer>;
};

/** The one row of the table that is for this request, called. */
export function answerBy<K extends PeerRequestKind>(
  table: RequestTable<K>,
  from: Hello,
  request: RequestOf<K>,
): Soon<PeerAnswer> {
  const answer = table[request.kind] as (from: Hello, request: PeerRequest) => Soon<PeerAnswer>;
  return answer(from, request);
}
