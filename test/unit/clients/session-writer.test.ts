import { describe, expect, test } from 'vitest';
import { SessionBusyError } from '../../../src/clients/client-errors.ts';
import type { DaemonAnswer, DaemonCall } from '../../../src/clients/daemon-client.ts';
import { DaemonSessions, LongestLife } from '../../../src/clients/daemon-sessions.ts';
import { changesBetween } from '../../../src/clients/json-changes.ts';
import { SessionWriter } from '../../../src/clients/session-writer.ts';

const ID = `a${'0'.repeat(26)}`;

function answer(status: number, body: unknown): Promise<DaemonAnswer> {
  return Promise.resolve({ status, text: JSON.stringify(body) });
}

describe('a key that becomes null', () => {
  test('is given up when others write the session again and again', async () => {
    const calls: string[] = [];
    const busy = {
      call({ method }: DaemonCall): Promise<DaemonAnswer> {
        calls.push(method);
        if (method === 'PUT') return answer(412, { code: 'VERSION_CONFLICT', message: 'meanwhile' });
        return answer(200, { id: ID, version: calls.length, ttlSeconds: 1, data: { n: calls.length } });
      },
    };
    const writer = new SessionWriter(new DaemonSessions(busy, new LongestLife(() => undefined)), true);
    const reading = { id: ID, version: 0, text: undefined, settings: undefined, ttlSeconds: 1 };
    const terms = { lifeSeconds: 0, deadline: new AbortController().signal };
    const changed = writer.change(reading, changesBetween({}, { phone: null }), terms);
    await expect(changed).rejects.toThrow(SessionBusyError);
    expect(calls).toEqual(Array.from({ length: 64 }, () => ['PUT', 'GET']).flat());
  });
});
