import type { ConfigSources, FileRead } from './sources.ts';

/** What is wrong with who may change a file, and what is wanted instead. */
export interface Distrust {
  readonly found: string;
  readonly expected: string;
}

const WRITABLE_BY_OTHERS = 0o022;
const ROOT = 0;

/**
 * Whether somebody else could have written this file: then its secret may be that person's, and so may the program that a
 * configuration has the daemon execute. Undefined where all is well.
 */
export function distrust(
  { mode, owner }: Pick<FileRead & { kind: 'read' }, 'mode' | 'owner'>,
  { userId }: Pick<ConfigSources, 'userId'>,
): Distrust | undefined {
  if ((mode & WRITABLE_BY_OTHERS) !== 0) {
    return {
      found: `a file that others may write (mode ${formatMode(mode)})`,
      expected: 'a file that only its owner may write: chmod go-w takes it from the others',
    };
  }
  if (owner === undefined || userId === undefined || owner === ROOT || owner === userId) return undefined;
  return {
    found: `a file of user ${owner}`,
    expected: `a file of root, or of user ${userId}, which runs this: chown ${userId} makes it so`,
  };
}

export function formatMode(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}
