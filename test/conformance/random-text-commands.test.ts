import { oddTextRequests } from './odd-requests.ts';
import { textCommands } from './random-commands.ts';
import { describeRandomCommands, LINE_END, RANGES, type Request } from './random-comparison.ts';
import { writeText } from './request-writer.ts';

describeRandomCommands({
  name: 'text',
  commands: textCommands(RANGES).map(
    (command): Request =>
      (resolve) =>
        writeText(resolve(command)),
  ),
  odd: oddTextRequests,
  marker: LINE_END,
});
