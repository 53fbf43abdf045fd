import { beforeEach, describe, expect, test } from 'vitest';
import type { SessionCommand } from '../../../../src/session/command.ts';
import type { Reply } from '../../../../src/session/reply.ts';
import { INTERNAL } from '../../../../src/doors/memcached/to-reply.ts';
import { answered, DeskFixture, hit } from './desk-fixture.ts';

const FLUSH: SessionCommand = { kind: 'flush', id: 'k' };

let fixture: DeskFixture;

beforeEach(() => {
  fixture = new DeskFixture();
});

async function outcomeOf(reply: Reply): Promise<string | undefined> {
  fixture = new DeskFixture();
  fixture.sessions.script = () => reply;
  await fixture.parts.mesh.ask(FLUSH, 'get', () => ({ kind: 'ok' }));
  const metric = await fixture.metric('maglia_requests_total{door="memcached",command="get",outcome=');
  return metric?.replace(/^"([\w-]+)"} 1$/, '$1');
}

describe('asking the mesh', () => {
  test('resolves to what its reply means to the client', async () => {
    fixture.sessions.script = () => ({ kind: 'miss', reason: 'unknown' });
    expect(await fixture.parts.mesh.ask(FLUSH, 'get', ({ kind }) => ({ kind: 'mechanisms', names: kind }))).toEqual({
      kind: 'mechanisms',
      names: 'miss',
    });
    expect(fixture.sessions.asked).toEqual([FLUSH]);
  });

  test('counts the command by what it came to; a condition that does not hold is a refusal', async () => {
    expect(await outcomeOf(answered(hit('x')))).toBe('done');
    expect(await outcomeOf(answered({ kind: 'not-found' }))).toBe('miss');
    expect(await outcomeOf(answered({ kind: 'exists' }))).toBe('refused');
    expect(await outcomeOf({ kind: 'in-doubt', code: 'DEADLINE' })).toBe('in-doubt');
    expect(await outcomeOf({ kind: 'unavailable', code: 'STORE_UNAVAILABLE' })).toBe('unavailable');
  });

  test('times it', async () => {
    const asking = fixture.parts.mesh.ask(FLUSH, 'get', () => ({ kind: 'ok' }));
    fixture.clock.advance(250);
    await fixture.sessions.answerNext({ kind: 'miss', reason: 'unknown' });
    await asking;
    expect(await fixture.metric('maglia_request_seconds_sum{door="memcached",command="get"} ')).toBe('0.25');
  });

  test('that fails in a way it should not is told to the client as our fault, and logged', async () => {
    const asking = fixture.parts.mesh.ask(FLUSH, 'get', () => ({ kind: 'ok' }));
    await fixture.sessions.answerNext(new RangeError('a bug'));
    expect(await asking).toBe(INTERNAL);
    expect(fixture.logged.join('')).toContain('a bug');
  });

  test('never rejects, not even where its reply cannot be judged', async () => {
    fixture.sessions.script = () => answered(hit('x'));
    const judge = (): never => {
      throw new RangeError('no such reply');
    };
    expect(await fixture.parts.mesh.ask(FLUSH, 'get', judge)).toBe(INTERNAL);
  });
});
