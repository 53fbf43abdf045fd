import { describe, expect, test } from 'vitest';
import { Credentials } from '../../../../src/doors/kit/credentials.ts';

const credentials = new Credentials([
  { user: 'shop', password: 'first-password' },
  { user: 'blog', password: 'second:password' },
]);

describe('credentials', () => {
  test.each([
    ['shop', 'first-password', true],
    ['blog', 'second:password', true],
    ['shop', 'second:password', false],
    ['root', 'first-password', false],
    ['shop', '', false],
    ['', '', false],
    ['shop\0first-password', '', false],
  ])('of %j and %j: %j', (user, password, isAccepted) => {
    expect(credentials.accepts(user, password)).toBe(isAccepted);
  });

  test('without users let nobody in', () => {
    const nobody = new Credentials([]);
    expect(nobody.isEmpty).toBe(true);
    expect(nobody.accepts('', '')).toBe(false);
    expect(credentials.isEmpty).toBe(false);
  });
});
