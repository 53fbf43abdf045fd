import { HandshakeRefusedError } from '../errors.ts';
import { dial, type DialOutcome, type DialParts } from './dial.ts';
import { hasRange, helloIn, LAST_WITHOUT_RANGE } from './wire-version.ts';

/**
 * Dials, and where the peer refuses our hello for its version, dials once more with a hello of the last version without a range.
 * Every dial begins with the newest version, so that a peer that was upgraded meanwhile is greeted in that. Only a refusal by the peer
 * itself counts, and it has proved the secret before: nobody else can talk us down (S7).
 *
 * A later hello says what its sender speaks, so that one dial is enough: this goes when version 3 goes.
 */
export async function dialInVersions(parts: DialParts): Promise<DialOutcome> {
  const { hello, signal } = parts;
  const outcome = await dial(parts);
  if (!isOfVersion(outcome) || signal.aborted) return outcome;
  if (!hasRange(hello.wireVersion) || hello.oldestWireVersion > LAST_WITHOUT_RANGE) return outcome;
  const before = await dial({ ...parts, hello: helloIn(LAST_WITHOUT_RANGE, hello) });
  // The first refusal says what each of the two speaks.
  return isOfVersion(before) ? outcome : before;
}

function isOfVersion(outcome: DialOutcome): boolean {
  if (outcome.kind === 'up') return false;
  return outcome.error instanceof HandshakeRefusedError && outcome.error.refusal === 'wrong-version';
}
