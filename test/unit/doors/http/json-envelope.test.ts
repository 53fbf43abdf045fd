import { describe, expect, test } from 'vitest';
import { encodeEnvelope } from '../../../../src/doors/http/json-envelope.ts';
import { ID, LETTER_A } from './door.ts';

const HEAD = { id: ID, version: 7, ttlSeconds: 60, owner: LETTER_A };
const BEFORE = `{"id":"${ID}","version":7,"ttlSeconds":60,"owner":"a","data":`;

function encode(payload: Buffer): string | Buffer {
  return encodeEnvelope(HEAD, { contentType: 'application/json', flags: 0, payload });
}

describe('encodeEnvelope', () => {
  test('makes one text of small ASCII data and what stands around it', () => {
    expect(encode(Buffer.from('{ "n": 1.50 }'))).toBe(`${BEFORE}{ "n": 1.50 }}`);
  });

  test.each([
    ['other characters', Buffer.from('"\u00fc \u20ac \u{1f9f6}"')],
    ['bytes that no text has', Buffer.from('22ff80c322', 'hex')],
    ['a lot of data', Buffer.from(JSON.stringify('x'.repeat(10_000)))],
  ])('keeps %s to the byte', (_name, payload) => {
    expect(encode(payload)).toEqual(Buffer.concat([Buffer.from(BEFORE), payload, Buffer.from('}')]));
  });
});
