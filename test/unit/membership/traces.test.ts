import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatScenario, parseScenario, runScenario } from '../../support/sim/scenario-file.ts';

/**
 * After a change that is meant: `UPDATE_TRACES=1 npx vitest run --project unit test/unit/membership/traces`, and read the difference.
 */
const DOES_UPDATE = process.env['UPDATE_TRACES'] === '1';
const DIRECTORY = join(import.meta.dirname, 'traces');

const files = readdirSync(DIRECTORY).filter((name) => name.endsWith('.txt'));

describe('what each node decides, step by step', () => {
  test.each(files)('%s', async (name) => {
    const path = join(DIRECTORY, name);
    const text = readFileSync(path, 'utf8');
    const came = formatScenario(await runScenario(parseScenario(text)));
    if (DOES_UPDATE) writeFileSync(path, came);
    else expect(came).toBe(text);
  });
});

describe('a scenario', () => {
  test('with a block that has no trace is refused', () => {
    expect(() => parseScenario('mesh abc\n')).toThrow('no ---- after "mesh abc"');
  });

  test.each([
    ['a command that there is not', 'mesh ab\nburn a', 'there is no command "burn"'],
    ['a node that there is not', 'mesh ab\nkill c', 'there is no node "c"'],
    ['a session that nobody minted', 'mesh ab\nget a cart', 'no session is called "cart"'],
    ['no mesh', 'kill a', 'a scenario begins with "mesh abc"'],
  ])('with %s is refused', async (_what, commands, why) => {
    await expect(runScenario(parseScenario(`${commands}\n----\n`))).rejects.toThrow(why);
  });
});
