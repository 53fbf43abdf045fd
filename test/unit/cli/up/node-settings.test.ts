import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../../src/cli/exit-codes.ts';
import { applySettings, parseSetting, localTimings } from '../../../../src/cli/up/node-settings.ts';
import { OPTIONS } from '../../../../src/config/options.ts';

describe('--set', () => {
  it.each([
    ['timings.deadAfterMs=600', ['timings', 'deadAfterMs'], 600],
    ['mesh.plain=true', ['mesh', 'plain'], true],
    ['log.level=debug', ['log', 'level'], 'debug'],
    ['store.program=/opt/a=b', ['store', 'program'], '/opt/a=b'],
    ['log.level=', ['log', 'level'], ''],
  ])('reads %s', (text, path, value) => {
    expect(parseSetting(text)).toEqual({ path, value });
  });

  it.each(['timings', '=1', '.a=1', 'a..b=1', '__proto__.x=1', 'a b=1'])('refuses %j as a wrong call', (text) => {
    expect(() => parseSetting(text)).toThrow(expect.objectContaining({ exitCode: EXIT.usage }) as unknown);
  });

  it.each([
    'letters={}',
    'secretFile=/x',
    'store.kind=memory',
    'doors.http=[]',
    'doors.memcached=[]',
    'runtimeDirectory=/x',
  ])('refuses %s, which up decides', (text) => {
    expect(() => parseSetting(text)).toThrow('up decides this itself');
  });

  it('puts each value in its place and leaves the rest, the last one winning', () => {
    const file = { letters: { a: 'x' }, store: { kind: 'memory' } };
    const settings = ['store.megabytes=8', 'timings.pingMs=20', 'timings.pingMs=30'].map(parseSetting);
    expect(applySettings(file, settings)).toEqual({
      letters: { a: 'x' },
      store: { kind: 'memory', megabytes: 8 },
      timings: { pingMs: 30 },
    });
    expect(file).toEqual({ letters: { a: 'x' }, store: { kind: 'memory' } });
  });
});

describe('the timings of a local mesh', () => {
  it('are the defaults for a few nodes', () => {
    expect(localTimings(1)).toEqual({});
    expect(localTimings(8)).toEqual({});
  });

  it('are longer in proportion for many', () => {
    const timings = localTimings(26);
    expect(timings['pingMs']).toBe(4 * OPTIONS['timings.pingMs'].fallback);
    expect(timings['deadAfterMs']).toBe(4 * OPTIONS['timings.deadAfterMs'].fallback);
  });

  it('still notice a silence inside the cap of a request', () => {
    for (let nodes = 9; nodes <= 26; nodes += 1) {
      const { pingMs = 0, suspectAfterMs = 0, deadAfterMs = 0, hardCapMs = 0 } = localTimings(nodes);
      expect(suspectAfterMs).toBeGreaterThanOrEqual(2 * pingMs);
      expect(deadAfterMs).toBeGreaterThan(suspectAfterMs);
      expect(deadAfterMs + 2 * pingMs).toBeLessThanOrEqual(hardCapMs);
    }
  });
});
