import { expect, test } from 'vitest';
import { FileOutput } from '../../../src/cli/file-output.ts';

test('a file that is full loses what comes meanwhile, says so, and gets what comes when there is room again', () => {
  let text = '';
  let isFull = false;
  const lost: string[] = [];
  const output = new FileOutput(
    (bytes) => {
      if (isFull) throw new RangeError('no space');
      // A part at a time, as the system may.
      const part = bytes.subarray(0, 2).toString();
      text += part;
      return part.length;
    },
    ({ message }) => void lost.push(message),
  );
  output.write('first\n');
  isFull = true;
  output.write('second\n');
  isFull = false;
  output.write('third\n');
  expect([text, lost]).toEqual(['first\nthird\n', ['no space']]);
});
