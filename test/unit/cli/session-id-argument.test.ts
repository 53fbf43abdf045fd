import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../src/cli/exit-codes.ts';
import { checkOneInput, readId } from '../../../src/cli/session-id-argument.ts';

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
