import type { ConfigProblem } from '../errors.ts';
import type { ConfigSources } from './sources.ts';
import { givenText, showGiven, type ValueType } from './value-type.ts';

const MODE_FORM = /^0?[0-7]{3}$/;
const GROUP_FORM = /^(?:\d{1,9}|[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?)$/;

/** The daemon's user keeps both: who connects needs to write, and the next daemon looks whether somebody listens. */
const OWNER_MODE = 0o600;

const GROUP_FILE = '/etc/group';

/** Who may do what with a unix socket, as chmod takes it. Not a number in the file, which would be a decimal one. */
export const socketMode: ValueType<number> = {
  placeholder: '<mode>',
  expected: 'a mode as chmod takes it, a text such as "0660", with 6 or 7 for the owner',
  read({ given, complain }) {
    const text = givenText(given) ?? '';
    const mode = Number.parseInt(text, 8);
    if (MODE_FORM.test(text) && (mode & OWNER_MODE) === OWNER_MODE) return mode;
    complain(showGiven(given));
    return undefined;
  },
};

/** The group of a unix socket, by name or number. */
export const socketGroup: ValueType<string> = {
  placeholder: '<group>',
  expected: 'the name of a group of this machine, or its number',
  read({ given, complain }) {
    const isNumber = given.kind === 'json' && typeof given.value === 'number';
    const text = isNumber ? String(given.value) : (givenText(given) ?? '');
    if (GROUP_FORM.test(text)) return text;
    complain(showGiven(given));
    return undefined;
  },
};

/** The number of a group; undefined where this machine has none of that name, which is put among the problems. */
export async function findGroup(
  group: string,
  { readFile }: Pick<ConfigSources, 'readFile'>,
  problems: ConfigProblem[],
): Promise<number | undefined> {
  if (/^\d/.test(group)) return Number(group);
  const read = await readFile(GROUP_FILE);
  const lines = read.kind === 'read' ? read.bytes.toString('utf8').split('\n') : [];
  const number = lines.map((line) => line.split(':')).find(([name]) => name === group)?.[2];
  if (number !== undefined && /^\d+$/.test(number)) return Number(number);
  problems.push({
    path: 'doors.socketGroup',
    found: `group ${group}, which is not in ${GROUP_FILE}`,
    expected: 'the name of a group that is there, or the number of one that is elsewhere (getent group shows it)',
  });
  return undefined;
}
