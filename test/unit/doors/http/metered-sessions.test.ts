import { describe, expect, test } from 'vitest';
import { MeteredSessions } from '../../../../src/doors/http/metered-sessions.ts';
import { Metrics } from '../../../../src/metrics/metrics.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { done, ID } from './door.ts';
import { ScriptedSessions } from './scripted-sessions.ts';

describe('MeteredSessions', () => {
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

function build(): { sessions: ScriptedSessions; metrics: Metrics; clock: FakeClock; metered: MeteredSessions } {
  const sessions = new ScriptedSessions();
  const metrics = new Metrics();
  const clock = new FakeClock();
  return { sessions, metrics, clock, metered: new MeteredSessions(sessions, metrics, clock) };
}
