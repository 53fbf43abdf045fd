import { lookup as lookupHost } from 'node:dns';
import type { LookupFunction } from 'node:net';

type LookupCallback = Parameters<LookupFunction>[2];

/**
 * Resolves one link's host name, one question at a time: a dial that was given up leaves its question behind, and the
 * next dial takes over the answer instead of asking again. A resolver that hangs would otherwise collect a question per
 * dial in the few threads that the whole process has for them.
 */
export class HostLookup {
  /** The latest dial. A link dials once at a time, so anybody before that has given up. */
  #asker: LookupCallback | undefined;

  readonly lookup: LookupFunction = (host, options, callback) => {
    const isAsked = this.#asker !== undefined;
    this.#asker = callback;
    if (isAsked) return;
    lookupHost(host, options, (error, addresses, family) => {
      const asker = this.#asker;
      this.#asker = undefined;
      asker?.(error, addresses, family);
    });
  };
}

/** Every address of a host; none where the resolver knows it not, or cannot be asked. Never rejects. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

export const resolveHost: ResolveHost = (host) =>
  new Promise((resolve) => {
    lookupHost(host, { all: true }, (error, found) =>
      resolve(error === null ? found.map(({ address }) => address) : []),
    );
  });
