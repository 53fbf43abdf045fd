import { Value } from 'typebox/value';
import { describe, expect, test } from 'vitest';
import { CLUSTER, HEALTHY, PROBLEM, READY } from '../../../../src/doors/http/reply-schemas.ts';
import { Door, found, ID, VIEW } from './door.ts';

describe('GET /v1/cluster', () => {
  test('answers the mesh as this node sees it, whole', async () => {
    const door = new Door();
    const answer = await door.ask({ method: 'GET', url: '/v1/cluster' });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(VIEW);
    expect([...Value.Errors(CLUSTER, answer.body)]).toEqual([]);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  test('asks for it anew each time', async () => {
    const tenures = [
      { state: 'joining', why: 'asks its peers' },
      { state: 'serving', why: 'all agreed' },
    ] as const;
    let asked = 0;
    const door = new Door({ cluster: () => ({ ...VIEW, tenure: tenures[asked++ % 2] ?? VIEW.tenure }) });
    expect((await door.ask({ method: 'GET', url: '/v1/cluster' })).body).toMatchObject({ tenure: tenures[0] });
    expect((await door.ask({ method: 'GET', url: '/v1/cluster' })).body).toMatchObject({ tenure: tenures[1] });
  });
});

describe('probes', () => {
  test('/healthz says that the process is there, whatever else is wrong', async () => {
    const door = new Door({
      isReady: () => {
        throw new RangeError('nobody should ask');
      },
    });
    const answer = await door.ask({ method: 'GET', url: '/healthz' });
    expect(answer.status).toBe(200);
    expect(Value.Check(HEALTHY, answer.body)).toBe(true);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  test('/readyz is 200 where this node answers for its letter', async () => {
    const door = new Door();
    const answer = await door.ask({ method: 'GET', url: '/readyz' });
    expect(answer).toMatchObject({ status: 200, body: { ready: true, why: 'serving' } });
    expect(Value.Check(READY, answer.body)).toBe(true);
  });

  test('/readyz is 503 with the reason where it does not', async () => {
    const door = new Door({ isReady: () => ({ ready: false, why: 'the store is down' }) });
    const answer = await door.ask({ method: 'GET', url: '/readyz' });
    expect(answer).toMatchObject({ status: 503, body: { code: 'NOT_READY', ready: false, why: 'the store is down' } });
    expect(Value.Check(PROBLEM, answer.body)).toBe(true);
    expect(answer.headers['retry-after']).toBe('1');
  });
});

describe('GET /metrics', () => {
  test('counts and times each session call, by command and outcome', async () => {
    const door = new Door();
    door.sessions.reply = found('{}');
    await door.ask({ method: 'GET', url: `/v1/sessions/${ID}` });
    await door.ask({ method: 'GET', url: `/v1/sessions/${ID}/data` });
    door.sessions.reply = { kind: 'miss', reason: 'expired' };
    await door.ask({ method: 'DELETE', url: `/v1/sessions/${ID}` });
    await door.ask({ method: 'POST', url: '/v1/sessions/open' });

    const answer = await door.ask({ method: 'GET', url: '/metrics' });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': door.metrics.contentType,
      'cache-control': 'no-store',
    });
    expect(answer.text).toContain('maglia_requests_total{door="http",command="get",outcome="done"} 2');
    expect(answer.text).toContain('maglia_requests_total{door="http",command="destroy",outcome="miss"} 1');
    expect(answer.text).toContain('maglia_requests_total{door="http",command="open",outcome="unavailable"} 1');
    expect(answer.text).toContain('maglia_request_seconds_count{door="http",command="get"} 2');
  });

  test('does not count what never became a session call', async () => {
    const door = new Door();
    await door.ask({ method: 'GET', url: '/v1/sessions/malformed' });
    await door.ask({ method: 'GET', url: '/healthz' });
    expect((await door.ask({ method: 'GET', url: '/metrics' })).text).not.toContain('maglia_requests_total{');
  });
});
