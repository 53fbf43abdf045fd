import { createHmac } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { plainCookie } from '../../../src/clients/plain-cookie.ts';

const SECRET = 'a secret';
const ID = 'b0123456789abcdefghijklmnop';

function signed(id: string, secret = SECRET): string {
  const signature = createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '');
  return encodeURIComponent(`s:${id}.${signature}`);
}

/** What express-session sees of a request with these cookies, and what its visitor sees of its answer. */
function through(cookie?: string): { seen: string | undefined; response: ServerResponse } {
  const request = new IncomingMessage(new Socket());
  if (cookie !== undefined) request.headers.cookie = cookie;
  const response = new ServerResponse(request);
  let wasNext = false;
  plainCookie({ name: 'maglia', secret: SECRET })(request, response, () => (wasNext = true));
  expect(wasNext).toBe(true);
  return { seen: request.headers.cookie, response };
}

describe('a cookie that comes in', () => {
  test('is signed for express-session, among others that stay as they are', () => {
    expect(through(`theme=dark; maglia=${ID}; lang=es`).seen).toBe(`theme=dark; maglia=${signed(ID)}; lang=es`);
  });

  test.each([
    ['signed already', `maglia=${signed(ID)}`],
    ['signed with another secret', `maglia=${signed(ID, 'another')}`],
    ['of another name', `magliax=${ID}; xmaglia=${ID}`],
    ['empty', 'maglia='],
    ['badly encoded', 'maglia=%E0%A4%A'],
    ['no pair at all', 'maglia'],
  ])('is left alone when it is %s', (_how, cookie) => {
    expect(through(cookie).seen).toBe(cookie);
  });

  test('is not made up where there is none', () => {
    expect(through().seen).toBeUndefined();
  });
});

describe('a cookie that goes out', () => {
  test('loses our signature and keeps its attributes', () => {
    const { response } = through();
    response.setHeader('Set-Cookie', [`maglia=${signed(ID)}; Path=/; HttpOnly`, 'theme=dark']);
    expect(response.getHeader('set-cookie')).toEqual([`maglia=${ID}; Path=/; HttpOnly`, 'theme=dark']);
  });

  test('may be a single line', () => {
    const { response } = through();
    response.setHeader('set-cookie', `maglia=${signed(ID)}`);
    expect(response.getHeader('set-cookie')).toEqual([`maglia=${ID}`]);
  });

  test.each([
    ['signed with another secret', `maglia=${signed(ID, 'another')}`],
    ['of another name', `other=${signed(ID)}`],
    ['not signed', `maglia=${ID}`],
  ])('is left alone when it is %s', (_how, cookie) => {
    const { response } = through();
    response.setHeader('Set-Cookie', cookie);
    expect(response.getHeader('set-cookie')).toEqual([cookie]);
  });

  test('comes along with other headers that are not touched', () => {
    const { response } = through();
    response.setHeader('Content-Length', 5);
    response.setHeader('X-Maglia', signed(ID));
    expect([response.getHeader('content-length'), response.getHeader('x-maglia')]).toEqual([5, signed(ID)]);
  });
});
