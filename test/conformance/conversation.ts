import type { MemcachedCommand } from '../../src/doors/memcached/protocol/command.ts';
import type { MemcachedReply } from '../../src/doors/memcached/protocol/reply.ts';
import { CasNames } from './cas-names.ts';
import { comparable, type Comparable } from './comparable.ts';
import { ModelConnection } from './model-connection.ts';
import { ModelMemcached } from './model-memcached.ts';
import type { Answer, Transcript } from './scenario.ts';
import { translateCas } from './translate-cas.ts';
import { Wire } from './wire.ts';

/** Where no answer is expected, one that comes nevertheless does so within this. */
const SILENCE_MS = 5;

/** A model that remembers which keys it was asked for, and its last cas. */
class RememberingModel extends ModelMemcached {
  readonly keys = new Set<string>();
  lastCas = 0n;

  override execute(command: MemcachedCommand): MemcachedReply {
    if ('key' in command) this.keys.add(command.key);
    const reply = super.execute(command);
    if ('cas' in reply && BigInt(reply.cas) > this.lastCas) this.lastCas = BigInt(reply.cas);
    return reply;
  }
}

/** What one step should have brought, and what it did. */
export interface Outcome {
  readonly expected: readonly string[];
  readonly answered: readonly string[];
}

/** How a step's bytes are sent. */
export type Cut = (bytes: Buffer) => readonly Buffer[];

/**
 * Has a recorded conversation with a node, on a connection of its own. Requests that name a cas name the node's own one
 * for the same item: a model of memcached goes along, so that it is known which that is.
 */
export async function converse(path: string, control: Wire, transcript: Transcript, cut: Cut): Promise<Outcome[]> {
  await ask(control, 'flush_all', 'OK\r\n');
  const wire = await Wire.open(path);
  const model = new RememberingModel();
  const modelConnection = new ModelConnection(model);
  const names = new CasNames();
  const outcomes: Outcome[] = [];
  for (const { send, answer } of transcript.steps) {
    const request = translateCas(send, (cas) => names.oursFor(cas, model.lastCas));
    const expected = expectation(answer);
    const read = (): Comparable & { readonly closes: boolean } => ({
      ...named(wire, expected, names),
      closes: wire.isClosed,
    });
    await wire.send(...cut(request));
    if (answer.bytes === '' && !answer.closes) await wire.until(() => false, SILENCE_MS);
    await wire.until(() => isSame(read(), expected), 2000);
    const { parts, closes } = read();
    outcomes.push({
      expected: [...expected.parts, closing(expected.closes)],
      answered: [...parts, closing(closes)],
    });
    wire.take();
    modelConnection.send(send);
    if (!answer.closes) await bindAll(control, model, names);
  }
  wire.close();
  return outcomes;
}

function expectation(answer: Answer): Comparable & { readonly closes: boolean } {
  return { ...comparable(Buffer.from(answer.bytes, 'latin1'), String), closes: answer.closes };
}

/** The answer so far, each cas under memcached's number for it. */
function named(wire: Wire, expected: Comparable, names: CasNames): Comparable {
  const bytes = wire.received;
  const { cas } = comparable(bytes, String);
  if (cas.length === expected.cas.length) {
    for (const [index, theirs] of expected.cas.entries()) names.bind(theirs, cas[index] ?? 0n);
  }
  return comparable(bytes, (ours) => (names.theirsFor(ours) ?? `${ours}, which is not known`).toString());
}

function isSame(one: Comparable & { closes: boolean }, other: Comparable & { closes: boolean }): boolean {
  return one.closes === other.closes && one.parts.join('') === other.parts.join('');
}

function closing(closes: boolean): string {
  return closes ? 'closes' : 'stays open';
}

/** Looks at every item without leaving a trace, so that each cas is known even if no reply told it. */
async function bindAll(control: Wire, model: RememberingModel, names: CasNames): Promise<void> {
  for (const key of model.keys) {
    const reply = model.execute({ kind: 'inspect', key });
    if (reply.kind !== 'hit') continue;
    const line = await ask(control, `me ${Buffer.from(key, 'latin1').toString('base64')} b`);
    const ours = /cas=(\d+)/.exec(line)?.[1];
    if (ours !== undefined) names.bind(BigInt(reply.cas), BigInt(ours));
  }
}

async function ask(control: Wire, line: string, answer?: string): Promise<string> {
  await control.send(Buffer.from(`${line}\r\n`));
  await control.until(() => control.received.includes('\r\n'));
  const text = control.take().toString('latin1');
  if (answer !== undefined && text !== answer) throw new RangeError(`${line}: ${text}`);
  return text;
}
