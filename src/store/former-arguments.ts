/** Changed on the running memcached, so that no start has to (memory-limit.ts). */
const LIVE_OPTION = '-m';

interface Started {
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * In what a memcached that runs differs from one that would be started now, one text for each option; empty where in
 * nothing. It is kept all the same: ending it would drop every session.
 */
export function differencesOf(former: Started, wanted: Started): readonly string[] {
  const before = optionsOf(former.args);
  const now = optionsOf(wanted.args);
  const changed = [...new Set([...before.keys(), ...now.keys()])].filter(
    (option) => option !== LIVE_OPTION && before.get(option) !== now.get(option),
  );
  return [
    ...(former.program === wanted.program ? [] : [`${former.program} instead of ${wanted.program}`]),
    ...changed.map((option) => `${tell(option, before.get(option))} instead of ${tell(option, now.get(option))}`),
  ];
}

/** Every option that we give takes one value. */
export function optionsOf(args: readonly string[]): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (let at = 0; at < args.length; at += 2) options.set(args[at] ?? '', args[at + 1] ?? '');
  return options;
}

function tell(option: string, value: string | undefined): string {
  return value === undefined ? `no ${option}` : `${option} ${value}`;
}
