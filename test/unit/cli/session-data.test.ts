import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../src/cli/exit-codes.ts';
import { jsonBody, parseJsonData, readData } from '../../../src/cli/session-data.ts';

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
