import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../src/cli/exit-codes.ts';
import { checkOneInput, readId, jsonBody, parseJsonData, readData } from '../../../src/cli/session-arguments.ts';

const ID = 'b7x0k2m4n6p8q0r2s4t6v8w0y2z';

describe('the id of a command', () => {
  it('is its argument, and then standard input is not read', async () => {
    expect(await readId(ID, Readable.from([Buffer.from('other')]))).toBe(ID);
  });

  it.each([ID, `${ID}\n`, `${ID}\r\n`])(
    'is what stands on standard input where the argument is -: %j',
    async (text) => {
      expect(await readId('-', Readable.from([Buffer.from(text)]))).toBe(ID);
    },
  );

  it('keeps what does not belong to an id, so that it is refused and not guessed at', async () => {
    expect(await readId('-', Readable.from([Buffer.from(`${ID}\n${ID}\n`)]))).toBe(`${ID}\n${ID}`);
  });

  it('and its data cannot both stand on standard input', () => {
    expect(() => checkOneInput('-', '-')).toThrow(expect.objectContaining({ exitCode: EXIT.usage }) as unknown);
    expect(() => checkOneInput('-', '{}')).not.toThrow();
    expect(() => checkOneInput(ID, '-')).not.toThrow();
  });
});

const NO_INPUT = Readable.from([]);

describe('data for a session', () => {
  it('is the argument, as UTF-8', async () => {
    expect(await readData('{"name":"Zoë"}', NO_INPUT)).toEqual(Buffer.from('{"name":"Zoë"}'));
  });

  it('is standard input, byte for byte, where the argument is a dash', async () => {
    const bytes = [Buffer.from([0, 255]), Buffer.from([10])];
    expect(await readData('-', Readable.from(bytes))).toEqual(Buffer.from([0, 255, 10]));
  });

  it('that is not JSON is a wrong call that names the way out', () => {
    const expected: unknown = expect.objectContaining({
      exitCode: EXIT.usage,
      message: expect.stringContaining('--content-type') as unknown,
    });
    expect(() => parseJsonData(Buffer.from('{cart: 1}'))).toThrow(expected);
  });

  it('leaves out of a body what was not given', () => {
    expect(jsonBody({ data: 1, ttlSeconds: undefined }).body.toString()).toBe('{"data":1}');
  });
});
