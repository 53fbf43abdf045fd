import session from 'express-session';
import { describe, expect, test } from 'vitest';
import { deviations, lifeOf, settingsOf, USUAL_SETTINGS, withEnd } from '../../../src/clients/cookie-settings.ts';

const NOW = 1_700_000_000_000;

describe("a cookie's settings", () => {
  test('of a usual cookie of express-session nothing has to be kept', () => {
    expect(deviations(settingsOf(new session.Cookie()), USUAL_SETTINGS)).toBeUndefined();
  });

  test('what is not as configured is kept, and what was unset is kept as null', () => {
    const cookie = Object.assign(new session.Cookie(), { path: '/shop', sameSite: 'lax', domain: undefined });
    const configured = { ...USUAL_SETTINGS, sameSite: 'lax', domain: 'example.org', secure: true };
    expect(deviations(settingsOf(cookie), configured)).toEqual({ path: '/shop', domain: null, secure: null });
  });

  test('a maxAge that lost a millisecond on its way has not changed', () => {
    for (const originalMaxAge of [3_600_000, 3_599_999, 3_599_997]) {
      const settings = settingsOf({ originalMaxAge });
      expect(deviations(settings, { originalMaxAge: 3_600_000 })).toBeUndefined();
    }
  });

  test('with a maxAge the end is none of them; without one it is', () => {
    const expires = new Date(NOW);
    expect(settingsOf({ originalMaxAge: 1000, expires })).toEqual({ originalMaxAge: 1000 });
    expect(settingsOf({ expires })).toEqual({ expires: expires.toISOString() });
    expect(withEnd({ expires: expires.toISOString() }, Infinity, NOW)).toEqual({ expires });
  });

  test('the end follows from maxAge, and comes no later than that of the session', () => {
    expect(withEnd({ originalMaxAge: 5000 }, Infinity, NOW)['expires']).toEqual(new Date(NOW + 5000));
    expect(withEnd({ originalMaxAge: 5000 }, NOW + 2000, NOW)['expires']).toEqual(new Date(NOW + 2000));
    expect(withEnd({ originalMaxAge: null }, NOW + 2000, NOW)).toEqual({ originalMaxAge: null });
  });

  test.each([
    [{ expires: new Date(NOW + 1500) }, 2],
    [{ expires: new Date(NOW + 1500).toISOString() }, 2],
    [{ expires: new Date(NOW) }, 0],
    [{ expires: new Date(NOW + 400 * 86_400_000) }, 34_560_000],
    [{ expires: false }, undefined],
    [{ expires: null }, undefined],
    [{ expires: 'never' }, undefined],
    [{}, undefined],
    [undefined, undefined],
  ])('%j lives for %s seconds', (cookie, seconds) => {
    expect(lifeOf(cookie, NOW)).toBe(seconds);
  });
});
