import { pino } from 'pino';
import { beforeEach, describe, expect, test } from 'vitest';
import { MeteredDispatch } from '../../../../src/doors/kit/metered-dispatch.ts';
import { Metrics } from '../../../../src/metrics/metrics.ts';
import type { SessionCommand } from '../../../../src/session/command.ts';
import type { Reply } from '../../../../src/session/reply.ts';
import { answered, DeskFixture, hit } from '../memcached/desk-fixture.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { done, ID } from '../http/door.ts';
import { ScriptedSessions as ScriptedHttpSessions } from '../http/scripted-sessions.ts';

const FLUSH: SessionCommand = { kind: 'flush', id: 'k' };
const GET = { name: 'get', fault: 'fault' };

let fixture: DeskFixture;

beforeEach(() => {
  fixture = new DeskFixture();
});

async function outcomeOf(reply: Reply): Promise<string | undefined> {
  fixture = new DeskFixture();
  fixture.sessions.script = () => reply;
  await fixture.parts.mesh.ask(FLUSH, { ...GET, judge: () => 'ok' });
  const metric = await fixture.metric('maglia_requests_total{door="memcached",command="get",outcome=');
  return metric?.replace(/^"([\w-]+)"} 1$/, '$1');
}

describe('asking the mesh', () => {
  test('resolves to what its reply means to the client', async () => {
    fixture.sessions.script = () => ({ kind: 'miss', reason: 'unknown' });
    expect(await fixture.parts.mesh.ask(FLUSH, { ...GET, judge: ({ kind }) => kind })).toBe('miss');
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
    const asking = fixture.parts.mesh.ask(FLUSH, { ...GET, judge: () => 'ok' });
    fixture.clock.advance(250);
    await fixture.sessions.answerNext({ kind: 'miss', reason: 'unknown' });
    await asking;
    expect(await fixture.metric('maglia_request_seconds_sum{door="memcached",command="get"} ')).toBe('0.25');
  });

  test('that fails in a way it should not is told to the client as our fault, and logged', async () => {
    const asking = fixture.parts.mesh.ask(FLUSH, { ...GET, judge: () => 'ok' });
    await fixture.sessions.answerNext(new RangeError('a bug'));
    expect(await asking).toBe('fault');
    expect(fixture.logged.join('')).toContain('a bug');
  });

  test('never rejects, not even where its reply cannot be judged', async () => {
    fixture.sessions.script = () => answered(hit('x'));
    const judge = (): never => {
      throw new RangeError('no such reply');
    };
    expect(await fixture.parts.mesh.ask(FLUSH, { ...GET, judge })).toBe('fault');
  });
});

describe('a call that is passed on', () => {
  test('times a call from dispatch to reply', async () => {
    const { sessions, metrics, clock, metered } = build();
    let settle: (reply: ReturnType<typeof done>) => void = () => undefined;
    sessions.reply = new Promise((resolve) => (settle = resolve));
    const reply = metered.dispatch({ kind: 'touch', id: ID });
    clock.advance(250);
    settle(done());
    expect(await reply).toEqual(done());

    const text = await metrics.expose();
    expect(text).toContain('maglia_request_seconds_sum{door="http",command="touch"} 0.25');
    expect(text).toContain('maglia_requests_total{door="http",command="touch",outcome="done"} 1');
  });

  test('counts a session that was opened as done, under the command open', async () => {
    const { sessions, metrics, metered } = build();
    const content = { contentType: 'application/json', flags: 0, payload: Buffer.from('{}') };
    const owner = metered.ownerOf(ID);
    sessions.opened = { kind: 'opened', id: ID, state: 'minted', version: 1, ttlSeconds: 1, content, owner };
    await metered.open({});
    await metered.mint({ content });

    const text = await metrics.expose();
    expect(text).toContain('maglia_requests_total{door="http",command="open",outcome="done"} 1');
    expect(text).toContain('maglia_requests_total{door="http",command="mint",outcome="miss"} 1');
  });

  test('passes on what is known at once as it is, and counts it then', async () => {
    const { sessions, metrics, metered } = build();
    sessions.answersAtOnce = true;
    sessions.reply = done();
    expect(metered.dispatch({ kind: 'get', id: ID })).toEqual(done());
    sessions.reply = new RangeError('broken');
    expect(() => metered.dispatch({ kind: 'get', id: ID })).toThrow('broken');

    const text = await metrics.expose();
    expect(text).toContain('maglia_requests_total{door="http",command="get",outcome="done"} 1');
    expect(text).toContain('maglia_requests_total{door="http",command="get",outcome="error"} 1');
    expect(text).toContain('maglia_request_seconds_count{door="http",command="get"} 2');
  });

  test('counts a rejection as an error and passes it on', async () => {
    const { sessions, metrics, metered } = build();
    sessions.reply = new RangeError('broken');
    await expect(metered.dispatch({ kind: 'get', id: ID })).rejects.toThrow('broken');
    expect(await metrics.expose()).toContain('maglia_requests_total{door="http",command="get",outcome="error"} 1');
  });
});

function build(): { sessions: ScriptedHttpSessions; metrics: Metrics; clock: FakeClock; metered: MeteredDispatch } {
  const sessions = new ScriptedHttpSessions();
  const metrics = new Metrics();
  const clock = new FakeClock();
  return {
    sessions,
    metrics,
    clock,
    metered: new MeteredDispatch('http', { sessions, metrics, clock, log: pino({ level: 'silent' }) }),
  };
}
