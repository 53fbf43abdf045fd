import type { HandshakeRefusal } from '../errors.ts';
import type { Hello } from './message.ts';

/**
 * A link's states. `dialling` covers TCP, TLS and greeting: one deadline covers them, too.
 *
 *                    ┌──────────── dialled ◄───────────┐
 *                    ▼                                 │
 *   waiting ──► dialling ──► up ──► (lost) ──► waiting │        closed, from anywhere
 *      ▲             │  └──► (refused) ──► refused ────┘
 *      └─ (failed) ──┘
 */
export type LinkState =
  /** Not connected: about to dial, at once or after the backoff. */
  | { readonly kind: 'waiting'; readonly why: string }
  | { readonly kind: 'dialling'; readonly why: string }
  | { readonly kind: 'up'; readonly why: string; readonly hello: Hello }
  /** One of the two does not want the other. Goes on dialling, slowly: the one that is wrong may be put right. */
  | { readonly kind: 'refused'; readonly why: string; readonly refusal: HandshakeRefusal }
  /** For good. */
  | { readonly kind: 'closed'; readonly why: string };

export type LinkEvent =
  | { readonly kind: 'dialled'; readonly why: string }
  | { readonly kind: 'welcomed'; readonly why: string; readonly hello: Hello }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string; readonly refusal: HandshakeRefusal }
  | { readonly kind: 'lost'; readonly why: string }
  | { readonly kind: 'closed'; readonly why: string };

export type LinkStateKind = LinkState['kind'];
export type LinkEventKind = LinkEvent['kind'];

/** What becomes of each state at each event. The same state again: the event comes too late, and changes nothing. */
export const LINK_TRANSITIONS: Readonly<Record<LinkStateKind, Readonly<Record<LinkEventKind, LinkStateKind>>>> = {
  waiting: {
    dialled: 'dialling',
    welcomed: 'waiting',
    failed: 'waiting',
    refused: 'waiting',
    lost: 'waiting',
    closed: 'closed',
  },
  dialling: {
    dialled: 'dialling',
    welcomed: 'up',
    failed: 'waiting',
    refused: 'refused',
    lost: 'dialling',
    closed: 'closed',
  },
  up: {
    dialled: 'up',
    welcomed: 'up',
    failed: 'up',
    refused: 'up',
    lost: 'waiting',
    closed: 'closed',
  },
  refused: {
    dialled: 'dialling',
    welcomed: 'refused',
    failed: 'refused',
    refused: 'refused',
    lost: 'refused',
    closed: 'closed',
  },
  closed: {
    dialled: 'closed',
    welcomed: 'closed',
    failed: 'closed',
    refused: 'closed',
    lost: 'closed',
    closed: 'closed',
  },
};

/** The state after the event: the same object where nothing changes. */
export function transition(state: LinkState, event: LinkEvent): LinkState {
  if (LINK_TRANSITIONS[state.kind][event.kind] === state.kind) return state;
  const { why } = event;
  switch (event.kind) {
    case 'dialled':
      return { kind: 'dialling', why };
    case 'welcomed':
      return { kind: 'up', why, hello: event.hello };
    case 'failed':
    case 'lost':
      return { kind: 'waiting', why };
    case 'refused':
      return { kind: 'refused', why, refusal: event.refusal };
    case 'closed':
      return { kind: 'closed', why };
  }
}
