import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { renderOptionsPage } from '../../../scripts/options-page.ts';
import { OPTION_PATHS } from '../../../src/config/options.ts';

const PAGE = join(import.meta.dirname, '../../../docs/options.md');

describe('the reference of options', () => {
  test('is what the table of options makes: `npm run docs:options` writes it', () => {
    expect(readFileSync(PAGE, 'utf8')).toBe(renderOptionsPage());
  });

  test('has every option, with its reason where the table has one', () => {
    const page = renderOptionsPage();
    expect(OPTION_PATHS.filter((path) => path !== 'config' && !page.includes(`**\`${path}\`**`))).toEqual([]);
    expect(page).toContain('- `timings.pingMs`: For N nodes');
  });
});
