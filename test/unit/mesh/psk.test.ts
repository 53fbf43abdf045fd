import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { letterOfIdentity, meshKey, pskIdentity } from '../../../src/mesh/psk.ts';
import { letter } from '../../support/mesh-messages.ts';

describe('the key of the mesh', () => {
  test('is HKDF-SHA256 of the secret under its label', () => {
    const secret = Buffer.from('a secret that all nodes share');
    const extracted = createHmac('sha256', Buffer.alloc(32)).update(secret).digest();
    const expanded = createHmac('sha256', extracted).update('maglia mesh psk v1\x01').digest();
    expect(meshKey(secret)).toEqual(expanded);
  });

  test('is another one for another secret', () => {
    expect(meshKey(Buffer.from('one'))).not.toEqual(meshKey(Buffer.from('two')));
  });
});

describe('the identity', () => {
  test('names the letter', () => {
    expect(pskIdentity(letter('b'))).toBe('maglia/1 b');
    expect(letterOfIdentity('maglia/1 b')).toBe('b');
  });

  test.each(['', 'b', 'maglia/1 ', 'maglia/1 bb', 'maglia/1 -', 'maglia/2 b', 'maglia/1 b\n'])(
    '%j names nobody',
    (identity) => {
      expect(letterOfIdentity(identity)).toBeUndefined();
    },
  );
});
