import { describe, expect, it } from 'vitest';
import { configCommand } from '../../../src/cli/config-sources.ts';
import { describeOptions } from '../../../src/config/option-names.ts';

describe('the flags of serve and check-config', () => {
  it('are those of the table of options, each with what it says and its variable', () => {
    const options = configCommand('serve', 'run').options.filter(({ hidden }) => !hidden);
    expect(options.map(({ long }) => long)).toEqual(describeOptions().map(({ flag }) => flag));
    for (const [at, { says, variable }] of describeOptions().entries()) {
      expect(options[at]?.description).toContain(says);
      expect(options[at]?.description).toContain(variable);
    }
  });

  it('that had another name before are taken by that as well, which the help does not show', () => {
    const command = configCommand('serve', 'run').action(() => undefined);
    const former = describeOptions().flatMap((option) => option.former ?? []);
    expect(former.map(({ flag }) => flag)).toEqual(['--doors-sasl-file']);
    expect(command.helpInformation()).not.toContain('--doors-sasl-file');
    command.parse(['--doors-sasl-file', '/users'], { from: 'user' });
    expect(command.opts()).toEqual({ doorsSaslFile: '/users' });
  });

  it('arrive under the key at which the configuration looks', () => {
    const command = configCommand('serve', 'run').action(() => undefined);
    const given = describeOptions().flatMap(({ flag }) => [flag, 'x']);
    command.parse(given, { from: 'user' });
    expect(command.opts()).toEqual(Object.fromEntries(describeOptions().map(({ flagKey }) => [flagKey, 'x'])));
  });
});
