import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../../src/cli/exit-codes.ts';
import { applySettings, parseSetting } from '../../../../src/cli/up/setting.ts';

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
