import { LINE, SILENT, type LineShape, type SilentShape } from '../reply-shape.ts';

const NOREPLY = 'noreply';

/** How a command wants to be answered whose last word may be `noreply`. */
export function shapeOf(words: readonly string[]): LineShape | SilentShape {
  return words.at(-1) === NOREPLY ? SILENT : LINE;
}
