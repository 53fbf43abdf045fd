import { describe, expect, test } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { checkLeast, fitToOpenFiles, LEAST_OPEN_FILES, openFilesLimit } from '../../../src/config/open-files.ts';
import { OpenFilesError } from '../../../src/errors.ts';
import { LetterMap } from '../../../src/session/letter.ts';
import { letter } from '../../support/mesh-messages.ts';

const LIMITS_TEXT = [
  'Limit                     Soft Limit           Hard Limit           Units',
  'Max processes             62927                62927                processes',
  'Max open files            1024                 524288               files',
].join('\n');

/** What is looked at, with the shipped limits. */
function configOf(letters: string, memcached: readonly string[] = ['127.0.0.1:11211']): Config {
  const map = new LetterMap(new Map(Array.from(letters, (one) => [letter(one), { host: `host-${one}`, port: 7421 }])));
  const limits = { meshCallers: 256, httpClients: 10_000, clients: 10_000 };
  return { map, doors: { memcached, http: ['127.0.0.1:7420'] }, limits } as unknown as Config;
}

describe('the limit of open files', () => {
  test('is read where Linux writes it', () => {
    expect(openFilesLimit(LIMITS_TEXT)).toBe(1024);
  });

  test.each([[''], ['Max open files            unlimited            unlimited            files']])(
    'is none where the system does not say one (%j), and nothing is changed',
    (text) => {
      expect(openFilesLimit(text)).toBeUndefined();
      const config = configOf('abc');
      expect(fitToOpenFiles(config, undefined)).toEqual({ config });
      checkLeast(undefined);
    },
  );

  test('that is enough for the configured limits changes nothing, and says nothing', () => {
    const config = configOf('abc');
    expect(fitToOpenFiles(config, 524_288)).toEqual({ config });
    expect(fitToOpenFiles(config, 20_834)).toEqual({ config });
    expect(fitToOpenFiles(config, 20_833).warning).toBeDefined();
  });

  test.each([[100], [128], [1024], [4096], [20_000]])(
    'of %d is kept by taking it off the doors, and one line names the options and the remedy',
    (limit) => {
      const { config, warning } = fitToOpenFiles(configOf('abc'), limit);
      const { clients, httpClients, meshCallers } = config.limits;
      const ownPeersAndProbes = 40 + 2 * 5 + 8 + 8;
      expect(ownPeersAndProbes + 3 * meshCallers + httpClients + clients).toBeLessThanOrEqual(limit);
      expect(Math.min(clients, httpClients)).toBeGreaterThanOrEqual(8);
      expect(clients).toBeGreaterThanOrEqual(httpClients);
      expect(warning).toContain(`limits.httpClients is ${httpClients} instead of 10000`);
      expect(warning).toContain('ulimit -n');
      expect(warning).toContain('LimitNOFILE=');
      expect(warning).not.toContain('\n');
    },
  );

  test('leaves all to HTTP where the memcached door is shut', () => {
    const { config } = fitToOpenFiles(configOf('abc', []), 1024);
    expect(config.limits.httpClients).toBeGreaterThan(700);
    expect(config.limits.clients).toBe(10_000);
  });

  test.each([
    ['abc', 64],
    ['abcdefghijklmnopqrstuvwxyz', 128],
  ])(
    'that is too low for the least of a mesh of %s (%d) is an error that says how many are needed',
    (letters, limit) => {
      const fit = (): unknown => {
        checkLeast(limit);
        return fitToOpenFiles(configOf(letters), limit);
      };
      expect(fit).toThrow(OpenFilesError);
      expect(fit).toThrow(
        new RegExp(`may open ${limit} files, and a daemon needs \\d+ at least: raise it \\(ulimit -n`),
      );
      const needed = Number(/needs (\d+)/.exec(messageOf(fit))?.[1]);
      expect(needed).toBeGreaterThanOrEqual(LEAST_OPEN_FILES);
      expect(() => fitToOpenFiles(configOf(letters), needed)).not.toThrow();
    },
  );
});

function messageOf(fails: () => unknown): string {
  try {
    fails();
  } catch (error) {
    return String(error);
  }
  return '';
}
