import type { OptionRow } from './option-row.ts';
import { OPTIONS, type OptionPath } from './options.ts';

/** Variables of this beginning are ours, and a wrong one is told. */
export const VARIABLE_PREFIX = 'MAGLIA_';

/** `session.ttlSeconds` is `MAGLIA_SESSION_TTL_SECONDS`. */
export function variableName(path: OptionPath): string {
  return VARIABLE_PREFIX + words(path).join('_').toUpperCase();
}

/** `session.ttlSeconds` is `--session-ttl-seconds`. */
export function flagName(path: OptionPath): string {
  return `--${words(path).join('-')}`;
}

/** The key of the flag's value in `FlagValues`, as commander makes it: `session.ttlSeconds` is `sessionTtlSeconds`. */
export function flagKey(path: OptionPath): string {
  const [first = '', ...rest] = words(path);
  return first + rest.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('');
}

function words(path: OptionPath): string[] {
  const row: OptionRow = OPTIONS[path];
  return (row.shortName ?? path)
    .replace(/[A-Z]/g, (capital) => `.${capital}`)
    .toLowerCase()
    .split('.');
}
