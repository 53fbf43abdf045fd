import { describe, expect, it } from 'vitest';
import { formatEndpoint, parseEndpoint } from '../../../src/cli/endpoint.ts';
import { EXIT } from '../../../src/cli/exit-codes.ts';

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
