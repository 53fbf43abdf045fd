import fc from 'fast-check';
import { oddPackets } from './odd-requests.ts';
import { binaryCommands } from './random-commands.ts';
import { describeRandomCommands, PACKET_END, RANGES, type Request } from './random-comparison.ts';
import { writeBinary } from './request-writer.ts';

describeRandomCommands({
  name: 'binary',
  commands: fc.tuple(binaryCommands(RANGES), fc.constantFrom('loud', 'quiet')).map(
    ([command, volume]): Request =>
      (resolve) =>
        writeBinary(resolve(command), volume),
  ),
  odd: oddPackets,
  marker: PACKET_END,
});
