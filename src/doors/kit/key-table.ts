import { createHash } from 'node:crypto';
import { isKeyForm, isMintedForm } from '../../session/session-id.ts';

/** What a client's key stands for. The `id` is what routes, and the key in the store. */
export interface KeyPlace {
  /** `session`: it began with a known prefix; `lock`: that session's lock; `plain`: any other key. */
  readonly kind: 'session' | 'lock' | 'plain';
  readonly id: string;
  /** Whether what is deleted under it stays deleted (S5): a known prefix, or the form of a minted id. */
  readonly isSession: boolean;
  /**
   * A session whose prefix has locks of its own, as PHP's session handler has them: such a client reads a session and
   * writes it over one connection, which serves one request at a time. Others share connections, or have a pool of them.
   */
  readonly isLockable?: true;
  /**
   * Whether what stands there goes where its successor is too large: it may be a copy of what a database holds, and must not
   * be older than that. What is known to live here alone stays.
   */
  readonly isCache: boolean;
}

interface Prefix {
  readonly text: string;
  readonly kind: 'session' | 'lock';
  readonly isLockable: boolean;
  readonly isCache: boolean;
}

/**
 * An id made from bytes that no id can have. Keys that look like one are made into another, so that each key has an id
 * of its own.
 */
const DIGEST_FORM = /^~[0-9a-f]{64}$/;

/** Takes known prefixes off keys, the longest that fits. What is left nothing of has none. */
export class KeyTable {
  readonly #prefixes: readonly Prefix[];

  /** @param cachePrefixes those of `sessionPrefixes` whose sessions are in a database as well */
  constructor(
    sessionPrefixes: readonly string[],
    lockPrefixes: readonly string[],
    cachePrefixes: readonly string[] = [],
  ) {
    this.#prefixes = [
      ...sessionPrefixes.map((text) => {
        const isLockable = lockPrefixes.some((lockPrefix) => lockPrefix.startsWith(text));
        return { text, kind: 'session', isLockable, isCache: cachePrefixes.includes(text) } as const;
      }),
      ...lockPrefixes.map((text) => ({ text, kind: 'lock', isLockable: false, isCache: false }) as const),
    ].sort((one, other) => other.text.length - one.text.length);
  }

  /** @param key as the protocols give it: 1 to 250 characters, one for each byte, some of them perhaps from 0x80 on */
  find(key: string): KeyPlace {
    for (const { text, kind, isLockable, isCache } of this.#prefixes) {
      if (key.length > text.length && key.startsWith(text)) {
        const id = idOf(key.slice(text.length));
        return isLockable ? { kind, id, isSession: true, isCache, isLockable } : { kind, id, isSession: true, isCache };
      }
    }
    const id = idOf(key);
    const isSession = isMintedForm(id);
    return { kind: 'plain', id, isSession, isCache: !isSession };
  }
}

/**
 * Ids are printable ASCII; clients also send keys in UTF-8. Such a key goes by its digest: that has no first letter, so
 * every node picks the same owner for it, and nobody guesses a second key with the same one.
 */
function idOf(text: string): string {
  if (isKeyForm(text) && !DIGEST_FORM.test(text)) return text;
  return `~${createHash('sha256').update(text, 'latin1').digest('hex')}`;
}
