import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../src/cli/exit-codes.ts';
import { LogOutput, streamSink } from '../../../src/cli/output.ts';
import { runCli } from '../../../src/cli/program.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { readAll } from '../../support/read-all.ts';

interface Outcome {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs a command line that ends before it starts anything or asks a daemon. */
async function run(...argv: string[]): Promise<Outcome> {
  const output = new PassThrough();
  const errors = new PassThrough();
  const exitCode = await runCli(argv, {
    clock: new FakeClock(),
    input: Readable.from([]),
    output,
    errors,
    mainFile: '/nowhere',
    openLog: () => new LogOutput(streamSink(output)),
    onHangUp: () => undefined,
    readLimits: () => '',
    catchInterrupts: () => ({ requested: new Promise(() => undefined), insisted: new Promise(() => undefined) }),
  });
  return { exitCode, output: readAll(output), errors: readAll(errors) };
}

const ID = `a${'0'.repeat(26)}`;

describe('maglia', () => {
  it('prints its version', async () => {
    expect(await run('--version')).toEqual({
      exitCode: EXIT.ok,
      output: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as unknown,
      errors: '',
    });
  });

  it.each([['--help'], ['help']])('lists its commands and its exit codes on %s', async (argument) => {
    const { exitCode, output } = await run(argument);
    expect(exitCode).toBe(EXIT.ok);
    for (const command of ['up', 'serve', 'check-config', 'status', 'mint', 'open', 'get', 'put', 'destroy']) {
      expect(output).toMatch(new RegExp(`^  ${command} `, 'm'));
    }
    expect(output).toMatch(/^ {2}4 {3}no daemon can be reached$/m);
  });

  it('says of a command what it takes', async () => {
    const { output } = await run('help', 'put');
    expect(output).toContain('--if-match <version>');
    expect(output).toContain('MAGLIA_URL');
  });

  it('says how it is used where it is told nothing', async () => {
    const { exitCode, errors } = await run();
    expect(exitCode).toBe(EXIT.usage);
    expect(errors).toContain('Usage: maglia');
  });
});

describe('a wrong call', () => {
  it.each<[string, string[]]>([
    ["unknown command 'frobnicate'", ['frobnicate']],
    ["unknown option '--colour'", ['status', '--colour']],
    ['missing required argument', ['get']],
    ['too many arguments', ['destroy', ID, 'x']],
    ['is no session id', ['get', 'two words']],
    ['is no session id', ['destroy', 'a'.repeat(251)]],
    ['is no session id', ['put', 'ünï', '1']],
    ['is no session id', ['touch', '']],
    ['is no session id', ['rotate', 'a\u0000b']],
    ['is no session id', ['patch', 'a\nb', '{}']],
    ['not where a daemon can be', ['status', '--url', 'ftp://x']],
    ['cannot read the token file', ['status', '--token-file', '/nowhere/token']],
    ['not JSON', ['put', ID, '{half']],
    ['not JSON', ['mint', '-']],
    ['whole number', ['mint', '--ttl', '-1']],
    ['whole number', ['open', '--lock', '1.5']],
    ['a version', ['put', ID, '1', '--if-match', 'W/"3"']],
    ['from 1 to 26', ['up', '--nodes', '0']],
    ['from 1 to 26', ['up', '--nodes', '27']],
    ['Give a port', ['up', '--base-port', 'http']],
    ['at most 65433', ['up', '--store', 'memory', '--base-port', '65500']],
    ['Allowed choices are memcached, memory', ['up', '--store', 'redis']],
    ['up decides this itself', ['up', '--set', 'letters=a']],
    ['give path=value', ['up', '--set', 'timings']],
    ['--directory goes with --revive', ['up', '--directory', '/tmp']],
    ['cannot be used with', ['up', '--revive', 'b', '--store', 'memory']],
    ['cannot look into', ['up', '--revive', 'b', '--directory', '/nowhere']],
  ])('is told "%s" and has its own exit status: %j', async (text, argv) => {
    const { exitCode, output, errors } = await run(...argv);
    expect(errors).toContain(text);
    expect(exitCode).toBe(EXIT.usage);
    expect(output).toBe('');
  });
});
