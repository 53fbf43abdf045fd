/**
 * What moves a terminal's cursor, sets its title, hides text or turns it round: control characters but tab and newline,
 * line separators, and marks of direction.
 */
const CONTROLS = /[^\P{Cc}\t\n]|[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A text that somebody else wrote, for a terminal: what would steer it is written out as in JSON (`\u001b`), so that JSON
 * stays the same JSON.
 */
export function terminalText(text: string): string {
  return text.replace(CONTROLS, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same on one line: who wrote a name or a reason must not begin lines that look like ours. */
export function terminalLine(text: string): string {
  return terminalText(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}

/** A JSON value with every text and name in it as `terminalLine` makes it. */
export function withTerminalLines<T>(value: T): T;
export function withTerminalLines(value: unknown): unknown {
  if (typeof value === 'string') return terminalLine(value);
  if (Array.isArray(value)) return value.map((each) => withTerminalLines<unknown>(each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [terminalLine(name), withTerminalLines<unknown>(each)]),
  );
}

/** Text columns, as wide as their widest cell and two spaces apart; no line ends in spaces. */
export function formatTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [heads, ...rows].map((cells) => `${line(cells)}\n`).join('');
}
