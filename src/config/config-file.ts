import { dirname, resolve } from 'node:path';
import type { ConfigProblem } from '../errors.ts';
import { distrust, type ConfigSources } from './sources.ts';
import { readJson } from './json-text.ts';
import { flagKey, flagName, variableName } from './option-names.ts';

export type ConfigFile =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'read';
      readonly tree: unknown;
      /** Where its relative paths begin. */
      readonly folder: string;
      readonly problems: readonly ConfigProblem[];
    }
  | { readonly kind: 'unusable'; readonly problems: readonly ConfigProblem[] };

/**
 * Reads the file that `--config` or MAGLIA_CONFIG names. What is wrong with it is told without a sample of its text: in
 * place of the configuration somebody may have named the secret.
 */
export async function readConfigFile(sources: ConfigSources): Promise<ConfigFile> {
  const flag = sources.flags[flagKey('config')];
  const variable = sources.env[variableName('config')];
  const where = flag === undefined ? variableName('config') : flagName('config');
  const name = flag ?? variable;
  // An empty text or a flag without a value: the table's own check tells.
  if (typeof name !== 'string' || name === '') return { kind: 'none' };

  const path = resolve(sources.workingFolder, name);
  const unusable = (found: string, expected: string): ConfigFile => ({
    kind: 'unusable',
    problems: [{ path: where, found, expected }],
  });
  const read = await sources.readFile(path);
  if (read.kind === 'unreadable') return unusable(`${read.why}: ${path}`, 'a JSON file that this user may read');
  const doubt = distrust(read, sources);
  if (doubt !== undefined) return unusable(`${doubt.found}: ${path}`, doubt.expected);
  const text = decodeText(read.bytes);
  if (text === undefined) return unusable(`bytes that are not UTF-8, in ${path}`, 'a JSON file');
  const json = readJson(text);
  if (json.kind === 'malformed') {
    return unusable(`no JSON at line ${json.line}, column ${json.column} of ${path}`, 'a JSON file');
  }
  return { kind: 'read', tree: json.value, folder: dirname(path), problems: json.duplicates.map(tellDuplicate) };
}

function tellDuplicate(trail: readonly string[]): ConfigProblem {
  const path = trail.join('.');
  const isLetter = trail.length === 2 && trail[0] === 'letters';
  return {
    path,
    found: isLetter ? `duplicate letter ${trail[1] ?? ''}` : 'a duplicate key',
    expected: isLetter ? 'each letter once' : 'each key once in its object',
  };
}

/** `undefined` for what is not UTF-8. A byte order mark is dropped. */
function decodeText(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
