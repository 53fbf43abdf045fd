import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../src/cli/exit-codes.ts';
import {
  formatEndpoint,
  parseEndpoint,
  describeRefusal,
  parseClusterView,
  parseObjectBody,
  type Answer,
} from '../../../src/cli/http-client.ts';
import { PROBLEMS } from '../../../src/doors/http/problems.ts';

describe('the place of a daemon', () => {
  it.each([
    ['http://127.0.0.1:7420', { kind: 'tcp', host: '127.0.0.1', port: 7420 }],
    ['http://127.0.0.1:7420/', { kind: 'tcp', host: '127.0.0.1', port: 7420 }],
    ['http://web1.internal', { kind: 'tcp', host: 'web1.internal', port: 80 }],
    ['http://[::1]:7420', { kind: 'tcp', host: '::1', port: 7420 }],
    ['unix:/run/maglia/http.sock', { kind: 'unix', path: '/run/maglia/http.sock' }],
  ])('is read from %s', (text, endpoint) => {
    expect(parseEndpoint(text)).toEqual(endpoint);
  });

  it.each(['', 'unix:', '127.0.0.1:7420', 'https://host', 'http://host/path', 'http://me@host', 'http://host:99999'])(
    'is not %j, which is a wrong call that says what to give',
    (text) => {
      const expected: unknown = expect.objectContaining({
        exitCode: EXIT.usage,
        message: expect.stringContaining('http://host:port') as unknown,
      });
      expect(() => parseEndpoint(text)).toThrow(expected);
    },
  );

  it.each(['http://127.0.0.1:7420', 'http://[::1]:7420', 'unix:/run/x.sock'])('prints as it was given: %s', (text) => {
    expect(formatEndpoint(parseEndpoint(text))).toBe(text);
  });
});

const answer = (status: number, body: string): Answer => ({ status, headers: {}, body: Buffer.from(body) });

describe('an answer', () => {
  it.each(['', '<html>', '[]', 'null', '"text"', '{"half":'])(
    'of %j comes from something that is no daemon',
    (body) => {
      expect(() => parseObjectBody(answer(200, body))).toThrow(
        expect.objectContaining({ exitCode: EXIT.unreachable }) as unknown,
      );
    },
  );

  it('that refuses is told with its message, its code and its reason', () => {
    const body = '{"code":"SESSION_MISS","message":"it was destroyed","reason":"destroyed"}';
    expect(describeRefusal(answer(404, body))).toBe('it was destroyed (SESSION_MISS, destroyed)');
  });

  it('about a version that is not the latest one says which is', () => {
    const message = 'somebody wrote the session meanwhile, its version is `version`: read it';
    const body = JSON.stringify({ code: 'VERSION_CONFLICT', message, version: 17 });
    expect(describeRefusal(answer(412, body))).toBe(
      'somebody wrote the session meanwhile, its version is 17: read it (VERSION_CONFLICT)',
    );
    expect(PROBLEMS.VERSION_CONFLICT.means).toContain('its version is `version`');
  });

  it('that refuses without a word is told by its status', () => {
    expect(describeRefusal(answer(418, '{}'))).toBe('HTTP 418');
  });

  it('cannot steer the terminal, nor begin a line of its own', () => {
    const body = JSON.stringify({ code: 'X\u001b[2J', message: 'gone\nmaglia: all is well' });
    expect(describeRefusal(answer(404, body))).toBe('gone\\nmaglia: all is well (X\\u001b[2J)');
  });

  it('without peers is no picture of a mesh', () => {
    expect(() => parseClusterView(answer(200, '{"letter":"a"}'))).toThrow('HTTP 200');
  });
});
