/** People leave out words and letters more often than they write wrong ones, so that this counts for less. */
const ADD_COST = 1;
const DROP_COST = 2;
const REPLACE_COST = 2;

/** The candidate that `text` was most likely meant to be: the one it becomes with the cheapest edits. */
export function nearest(text: string, candidates: readonly string[]): string {
  let best = '';
  let bestCost = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const cost = editCost(text.toLowerCase(), candidate.toLowerCase());
    if (cost < bestCost) {
      best = candidate;
      bestCost = cost;
    }
  }
  return best;
}

/** Levenshtein's distance with weights, row by row. */
function editCost(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column * ADD_COST);
  for (let row = 0; row < from.length; row += 1) {
    const current = [(row + 1) * DROP_COST];
    for (let column = 1; column <= to.length; column += 1) {
      const replace = (above[column - 1] ?? 0) + (from[row] === to[column - 1] ? 0 : REPLACE_COST);
      const drop = (above[column] ?? 0) + DROP_COST;
      const add = (current[column - 1] ?? 0) + ADD_COST;
      current.push(Math.min(replace, drop, add));
    }
    above = current;
  }
  return above.at(-1) ?? 0;
}
