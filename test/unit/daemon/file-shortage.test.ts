import { expect, test } from 'vitest';
import { FileShortage, transition } from '../../../src/daemon/file-shortage.ts';
import { LinkDownError } from '../../../src/errors.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: connect`), { code });
}

function watched(): {
  shortage: FileShortage;
  said: string[];
  counted: string[];
  tries: (code?: string) => Promise<void>;
} {
  const clock = new FakeClock();
  const said: string[] = [];
  const counted: string[] = [];
  const say = (...args: unknown[]): void => void said.push(String(args.at(-1)));
  let answer: string | undefined;
  const shortage = new FileShortage({
    clock,
    log: { error: say, info: say, warn: say },
    metrics: {
      count: (_name, labels, by?: number) => {
        if (by !== 0) counted.push((labels as { where: string }).where);
      },
    },
    tryOpen: () => (answer === undefined ? Promise.resolve() : Promise.reject(systemError(answer))),
  });
  const tries = async (code?: string): Promise<void> => {
    answer = code;
    clock.advance(1000);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { shortage, said, counted, tries };
}

test('S6: running out of open files is said once, whatever fails for it and how often, and each failure is counted', async () => {
  const { counted, said, shortage, tries } = watched();
  shortage.watch();
  shortage.heard(new LinkDownError('b cannot be reached', { cause: systemError('EMFILE') }), 'mesh');
  shortage.heard(systemError('EMFILE'), 'store');
  shortage.heard(new AggregateError([systemError('ECONNREFUSED'), systemError('EMFILE')]), 'store');
  shortage.heard(systemError('EMFILE'), 'lives');
  await tries('EMFILE');
  expect(counted).toEqual(['mesh', 'store', 'store', 'lives', 'trial']);
  expect(said).toEqual([expect.stringMatching(/EMFILE.*ulimit -n.*LimitNOFILE=.*limits\.clients/)]);
});

test('a shortage is over after ten tries that succeed, and the next one is said again', async () => {
  const { said, shortage, tries } = watched();
  shortage.watch();
  await tries('ENFILE');
  for (let second = 0; second < 9; second += 1) await tries();
  expect(said).toEqual([expect.stringContaining('fs.file-max')]);
  await tries();
  expect(said.at(-1)).toBe('files can be opened again');
  await tries('EMFILE');
  expect(said).toHaveLength(3);
  shortage.close();
  await tries('EMFILE');
  expect(said).toHaveLength(3);
});

test('other failures are no shortage of files', () => {
  const { counted, said, shortage } = watched();
  for (const error of [systemError('ECONNREFUSED'), new LinkDownError('late'), 'EMFILE', undefined]) {
    shortage.heard(error, 'mesh');
  }
  expect([...counted, ...said]).toEqual([]);
});

test('one failure within a shortage begins the ten tries again', () => {
  const nearly = { kind: 'short', opened: 9 } as const;
  expect(transition(nearly, 'opened')).toEqual({ kind: 'enough' });
  expect(transition(nearly, 'refused')).toEqual({ kind: 'short', opened: 0 });
  expect(transition({ kind: 'enough' }, 'opened')).toEqual({ kind: 'enough' });
});
