import { describe, expect, test } from 'vitest';
import { Credentials } from '../../../../src/doors/kit/credentials.ts';
import { acceptsPlain, acceptsText } from '../../../../src/doors/memcached/presented-login.ts';

const credentials = new Credentials([
  { user: 'shop', password: 'first-password' },
  { user: 'blog', password: 'second:password' },
]);

function plain(...parts: string[]): boolean {
  return acceptsPlain(credentials, Buffer.from(parts.join('\0')));
}

describe('SASL PLAIN', () => {
  test('lets in a user with the right password, with or without an identity', () => {
    expect(plain('', 'shop', 'first-password')).toBe(true);
    expect(plain('shop', 'shop', 'first-password')).toBe(true);
    expect(plain('', 'blog', 'second:password')).toBe(true);
  });

  test.each([
    ['a wrong password', ['', 'shop', 'second:password']],
    ['another user', ['', 'root', 'first-password']],
    ['an identity that is somebody else', ['blog', 'shop', 'first-password']],
    ['nothing', ['']],
    ['a part too few', ['shop', 'first-password']],
    ['a part too many', ['', 'shop', 'first-password', '']],
    ['empty parts', ['', '', '']],
    ['a user that runs into the password', ['', 'shop\0first-password', '']],
  ])('turns away %s', (_, parts) => {
    expect(plain(...parts)).toBe(false);
  });
});

describe('the text protocol', () => {
  test.each([
    ['shop first-password', true],
    ['blog second:password', true],
    ['shop second:password', false],
    ['shop', false],
    ['', false],
    ['shop first-password ', false],
    [' shop first-password', false],
  ])('%j: %j', (text, isAccepted) => {
    expect(acceptsText(credentials, Buffer.from(text))).toBe(isAccepted);
  });
});
