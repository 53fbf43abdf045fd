import { expect, test } from 'vitest';
import { OPTION_PATHS } from '../../../src/config/options.ts';
import { nearest } from '../../../src/config/read-options.ts';

test.each([
  ['session.ttlSecond', 'session.ttlSeconds'],
  ['session.ttl', 'session.ttlSeconds'],
  ['ttlSeconds', 'session.ttlSeconds'],
  ['sesion.maxbytes', 'session.maxBytes'],
  ['secret', 'secretFile'],
  ['leters', 'letters'],
  ['loglevel', 'log.level'],
  ['door.htpp', 'doors.http'],
])('of all options, %s was most likely meant to be %s', (text, path) => {
  expect(nearest(text, OPTION_PATHS)).toBe(path);
});

test('a very long name is compared as well', () => {
  expect(nearest('x'.repeat(1000), ['a', 'b'])).toBe('a');
});
