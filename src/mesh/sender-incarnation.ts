import type { PeerRequest } from './message.ts';

/**
 * The life in which the sender speaks, where the request says it. A node may begin a new life without dialling anew, so
 * the hello is not the last word.
 */
export function senderIncarnation(request: PeerRequest): number | undefined {
  switch (request.kind) {
    case 'ping':
    case 'join':
    case 'collect':
    case 'hold':
    case 'release':
    case 'goodbye':
    case 'pause':
      return request.incarnation;
    // These name the life of somebody else.
    case 'accuse':
    case 'execute':
      return undefined;
  }
}
