import { Value } from 'typebox/value';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { integer, object, optional, string, type Schema } from '../../../../src/doors/http/schema.ts';
import { MINTED } from '../../../../src/doors/http/reply-schemas.ts';
import { ID } from './door.ts';

const PERSON = object({ name: string({ minLength: 1 }), age: optional(integer()) }, { additionalProperties: false });

describe('object', () => {
  test('demands every property but the optional ones, in plain JSON schema', () => {
    expect(PERSON).toEqual({
      type: 'object',
      required: ['name'],
      properties: { name: { type: 'string', minLength: 1 }, age: { type: 'integer' } },
      additionalProperties: false,
    });
    expect(object({ age: optional(integer()) })).not.toHaveProperty('required');
  });

  test('knows the type of what passes it', () => {
    expectTypeOf(PERSON).toExtend<Schema<{ name: string; age?: number }>>();
    expectTypeOf(PERSON).not.toExtend<Schema<{ name: number }>>();
  });
});

test('what the other tests hold answers against does find fault', () => {
  const minted = { id: ID, version: 7, ttlSeconds: 60, owner: 'a' };
  expect(Value.Check(MINTED, minted)).toBe(true);
  for (const wrong of [{}, { ...minted, id: 'x' }, { ...minted, more: 1 }, { ...minted, version: '7' }]) {
    expect(Value.Check(MINTED, wrong)).toBe(false);
  }
});
