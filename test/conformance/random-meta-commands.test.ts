import fc from 'fast-check';
import { intendedDifferences } from './intended-differences.ts';
import { oddMetaRequests } from './odd-requests.ts';
import { metaCommands, metaReturnFlags } from './random-commands.ts';
import { describeRandomCommands, LINE_END, RANGES, type Request } from './random-comparison.ts';
import { writeMeta } from './request-writer.ts';

const avoidances = intendedDifferences.flatMap(({ avoid }) => avoid ?? []);

describeRandomCommands({
  name: 'meta',
  commands: fc.tuple(metaCommands(RANGES), metaReturnFlags, fc.nat(), fc.boolean()).map(
    ([command, flags, shift, isReversed]): Request =>
      (resolve) =>
        rewordLine(writeMeta(resolve(command), flags), (words) => turned(words, shift, isReversed)),
  ),
  odd: oddMetaRequests,
  marker: LINE_END,
});

/** The first line of a meta request with its flags in another order, and clear of the intended differences. */
function rewordLine(bytes: Buffer, change: (words: readonly string[]) => readonly string[]): Buffer {
  const end = bytes.indexOf('\r\n');
  let words = change(bytes.toString('latin1', 0, end).split(' '));
  for (const avoid of avoidances) if (avoid.kind === 'reword') words = avoid.reword(words);
  return Buffer.concat([Buffer.from(words.join(' '), 'latin1'), bytes.subarray(end)]);
}

function turned(words: readonly string[], shift: number, isReversed: boolean): readonly string[] {
  const head = words[0] === 'ms' ? 3 : 2;
  const flags = words.slice(head);
  const at = flags.length === 0 ? 0 : shift % flags.length;
  const shifted = [...flags.slice(at), ...flags.slice(0, at)];
  return [...words.slice(0, head), ...(isReversed ? shifted.reverse() : shifted)];
}
