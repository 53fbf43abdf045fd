import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { HandshakeRefusedError, LinkBusyError, LinkDownError, LinkLostError } from '../../src/errors.ts';
import type { PeerAnswer, PeerRequest } from '../../src/mesh/message.ts';
import { placesOf } from '../../src/mesh/traffic-class.ts';
import { encodeFrames, type Frame } from '../support/mesh-frames.ts';
import {
  a,
  answerOf,
  b,
  get,
  openLink,
  ping,
  plain,
  pong,
  startScripted,
  startServer,
  startTcp,
  welcome,
} from '../support/mesh-nodes.ts';

const disagrees: PeerAnswer = { kind: 'verdict', agreed: false, heardAgoMs: 0, incarnation: 1 };
const lastPage: PeerAnswer = { kind: 'entries', entries: [], nextCursor: 0, more: false };

/** A free port: somebody listened there a moment ago. */
async function closedPort(): Promise<{ host: string; port: number }> {
  const { address, server } = await startServer({ security: plain });
  await server.close();
  return address;
}

/** Answers the hello, and then each request as told. */
function scriptedPeer(onRequest: (number: number, request: PeerRequest) => readonly Frame[]) {
  return startScripted((frame) => {
    if (frame.type === 'hello') return [welcome];
    return frame.type === 'request' ? onRequest(frame.number, frame.message) : [];
  });
}

describe('a link that is up', () => {
  test('carries a request to the peer and its answer back', async () => {
    const { address, hellos } = await startServer();
    const { link, ups, in: within } = openLink(address);
    expect(await ups.find()).toMatchObject({ letter: b, to: a });
    expect(await hellos.find()).toMatchObject({ letter: a, to: b });
    expect(link.state).toMatchObject({ kind: 'up', hello: { letter: b } });
    expect(await link.request(ping, within(1000))).toEqual(pong);
    expect(await link.request(get('b1'), within(1000))).toMatchObject({ kind: 'reply', id: 'b1' });
    expect(link.inFlight).toBe(0);
  });

  test('carries a thousand pipelined requests, each to its own answer, in whatever order they are ready', async () => {
    const held: (() => void)[] = [];
    const { address } = await startServer({
      limits: { inFlightPerLink: 1000 },
      handler: (_from, request) =>
        new Promise((resolve) => {
          held.push(() => resolve(answerOf(request)));
          if (held.length === 1000) for (const release of held.reverse()) release();
        }),
    });
    const { link, ups, in: within } = openLink(address, { limits: { inFlightPerLink: 1000 } });
    await ups.find();
    const ids = Array.from({ length: 1000 }, (_, at) => `b${at}`);
    const answers = await Promise.all(ids.map((id) => link.request(get(id), within(5000))));
    expect(answers.map((answer) => (answer.kind === 'reply' ? answer.id : ''))).toEqual(ids);
  });

  test('sends the requests of one turn in one write', async () => {
    const chunks: number[] = [];
    const address = await startScripted((frame, socket) => {
      if (frame.type === 'hello') {
        socket.on('data', (chunk: Buffer) => chunks.push(chunk.length));
        return [welcome];
      }
      return frame.type === 'request' ? [{ type: 'answer', number: frame.number, message: pong }] : [];
    });
    const { link, ups, in: within } = openLink(address, { security: plain });
    await ups.find();
    await Promise.all(Array.from({ length: 12 }, () => link.request(ping, within(1000))));
    expect(chunks).toEqual([12 * 18]);
  });

  test('refuses more requests than are allowed in flight, once they have waited, and keeps room for pings', async () => {
    const { address } = await startServer({
      handler: (_from, request) => (request.kind === 'ping' ? Promise.resolve(pong) : new Promise(() => undefined)),
    });
    const { link, ups, in: within } = openLink(address, { limits: { inFlightPerLink: 3 } });
    await ups.find();
    const held = [1, 2, 3].map((at) => link.request(get(`b${at}`), within(5000)));
    await expect(link.request(get('b4'), within(5000))).rejects.toThrow(LinkBusyError);
    expect(await link.request(ping, within(1000))).toEqual(pong);
    expect(link.inFlight).toBe(3);
    const failed = Promise.allSettled(held);
    await link.close();
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });

  test('pages of a handover take no place of pings, votes or commands, and wait for places of their own', async () => {
    const pages: (() => void)[] = [];
    const { address, asked } = await startServer({
      handler: (_from, request) => {
        if (request.kind === 'accuse') return Promise.resolve(disagrees);
        if (request.kind !== 'collect') return answerOf(request);
        return new Promise((resolve) => pages.push(() => resolve(lastPage)));
      },
    });
    const { link, ups, in: within } = openLink(address, { limits: { inFlightPerLink: 3 } });
    await ups.find();
    const collect: PeerRequest = { kind: 'collect', incarnation: 1, letter: b, account: 1, cursor: 0 };
    const collected = Array.from({ length: 100 }, () => link.request(collect, within(5000)));
    expect(await link.request(ping, within(1000))).toEqual(pong);
    const vote: PeerRequest = { kind: 'accuse', letter: b, incarnation: 1, evidence: 'silence', isPoll: true };
    expect(await link.request(vote, within(1000))).toMatchObject({ kind: 'verdict' });
    expect(await link.request(get('b1'), within(1000))).toMatchObject({ kind: 'reply', id: 'b1' });
    const places = placesOf('bulk', 3);
    expect(asked.all.filter(({ kind }) => kind === 'collect')).toHaveLength(places);
    for (let at = 0; at < collected.length; at++) {
      await asked.count(3 + Math.min(collected.length, at + places));
      pages[at]?.();
      await collected[at];
    }
  });

  test('sends what was more than is allowed in flight as soon as there is room, in order', async () => {
    const held: (() => void)[] = [];
    const { address, asked } = await startServer({
      handler: (_from, request) => new Promise((resolve) => held.push(() => resolve(answerOf(request)))),
    });
    const { link, ups, in: within } = openLink(address, { limits: { inFlightPerLink: 3 } });
    await ups.find();
    const ids = Array.from({ length: 10 }, (_, at) => `b${at}`);
    const answers = Promise.all(ids.map((id) => link.request(get(id, 5000), within(5000))));
    for (let at = 0; at < ids.length; at++) {
      await asked.count(Math.min(at + 3, ids.length));
      expect(link.inFlight).toBe(Math.min(3, ids.length - at));
      held[at]?.();
      while (link.inFlight > Math.min(3, ids.length - at - 1)) await turn();
    }
    expect((await answers).map((answer) => (answer.kind === 'reply' ? answer.id : ''))).toEqual(ids);
    expect(asked.all.map((request) => (request.kind === 'execute' ? request.command.id : ''))).toEqual(ids);
  });

  test('what waits for room was surely not sent when the link is lost', async () => {
    const { address } = await startServer({ handler: () => new Promise(() => undefined) });
    const { link, ups, in: within } = openLink(address, { limits: { inFlightPerLink: 1 } });
    await ups.find();
    const sent = link.request(get('b1'), within(5000));
    const waits = link.request(get('b2', 5000), within(5000));
    link.drop('the test wants it');
    await expect(sent).rejects.toThrow(LinkLostError);
    await expect(waits).rejects.toThrow(LinkDownError);
  });

  test('bounds the bytes that a peer does not take', async () => {
    const address = await startScripted((frame, socket) => {
      socket.pause();
      return frame.type === 'hello' ? [welcome] : [];
    });
    const { link, ups, in: within } = openLink(address, { security: plain });
    await ups.find();
    const content = { contentType: '', flags: 0, payload: Buffer.alloc(1024 * 1024) };
    const put: PeerRequest = {
      kind: 'execute',
      route: 'owner',
      owner: b,
      incarnation: 1,
      budgetMs: 1,
      command: { kind: 'put', id: 'b1', content },
    };
    const outcomes = Array.from({ length: 10 }, () =>
      link.request(put, within(300)).catch((error: unknown) => (error instanceof Error ? error.name : '')),
    );
    const names = await Promise.all(outcomes);
    expect(names.filter((name) => name === 'LinkLostError').length).toBeLessThanOrEqual(5);
    expect(names.filter((name) => name === 'LinkBusyError').length).toBeGreaterThanOrEqual(5);
  });

  test('does not send a request whose deadline has passed', async () => {
    const { address, asked } = await startServer();
    const { link, ups, in: within } = openLink(address);
    await ups.find();
    await expect(link.request(get('b1'), within(0))).rejects.toThrow(LinkDownError);
    expect(await link.request(ping, within(1000))).toEqual(pong);
    expect(asked.all).toEqual([ping]);
    expect(link.state.kind).toBe('up');
  });

  test('a request that the peer fails at is in doubt, and the others go on', async () => {
    const { address, logBook } = await startServer({
      handler: (_from, request) =>
        request.kind === 'ping' ? Promise.resolve(pong) : Promise.reject(new RangeError('a bug')),
    });
    const { link, ups, in: within } = openLink(address);
    await ups.find();
    const [failed, answered] = [link.request(get('b1'), within(1000)), link.request(ping, within(1000))];
    await expect(failed).rejects.toThrow(LinkLostError);
    expect(await answered).toEqual(pong);
    expect(link.state.kind).toBe('up');
    expect(logBook.warnings).toEqual(['a request of a peer failed: report this']);
  });
});

describe('a deadline that passes', () => {
  test('destroys the connection; everything in flight fails; a late answer is never delivered (S0)', async () => {
    const late: (() => void)[] = [];
    let connections = 0;
    const address = await startScripted((frame, socket) => {
      if (frame.type === 'hello') {
        connections++;
        return [welcome];
      }
      if (frame.type !== 'request') return [];
      if (connections > 1) return [{ type: 'answer', number: frame.number, message: pong }];
      late.push(() => void socket.write(encodeFrames({ type: 'answer', number: frame.number, message: pong })));
      return [];
    });
    const { link, ups, downs, in: within } = openLink(address, { security: plain });
    await ups.find();
    const slow = link.request(ping, within(60));
    const patient = link.request(get('b1'), within(10_000));
    await expect(slow).rejects.toThrow(/lost before the answer came/);
    await expect(patient).rejects.toThrow(LinkLostError);
    expect(downs.all).toEqual([{ cause: 'timeout', why: 'b did not answer a request by its deadline' }]);

    await ups.count(2);
    for (const send of late) send();
    expect(await link.request(ping, within(1000))).toEqual(pong);
    expect(connections).toBe(2);
  });

  test('is not held against a peer whose answer has come while we were busy ourselves', async () => {
    const { address } = await startServer({
      handler: () => {
        // The server shares this thread. The stall ends after the deadline, and in the same turn the answer leaves.
        setImmediate(() => busyFor(400));
        return Promise.resolve(pong);
      },
    });
    const { link, ups, in: within } = openLink(address);
    await ups.find();
    expect(await link.request(ping, within(300))).toEqual(pong);
    expect(link.state.kind).toBe('up');
  });
});

describe('a link that breaks', () => {
  test.each<[string, 'destroy' | 'resetAndDestroy']>([
    ['closed', 'destroy'],
    ['reset', 'resetAndDestroy'],
  ])('when the connection is %s, is noticed at once and dialled again', async (_what, end) => {
    const address = await startScripted((frame, socket) => {
      if (frame.type === 'request') socket[end]();
      return frame.type === 'hello' ? [welcome] : [];
    });
    const { link, ups, downs, states, in: within } = openLink(address, { security: plain });
    await ups.find();
    await expect(link.request(get('b1'), within(20_000))).rejects.toThrow(LinkLostError);
    expect(downs.all).toHaveLength(1);
    expect(downs.all[0]?.cause).toBe('lost');
    await ups.count(2);
    expect(states.all.map(({ kind }) => kind)).toEqual(['dialling', 'up', 'waiting', 'dialling', 'up']);
  });

  test.each<[string, (number: number) => Frame]>([
    ['another number', (number) => ({ type: 'answer', number: number + 1, message: reply('b1') })],
    ['another id', (number) => ({ type: 'answer', number, message: reply('b2') })],
    ['another kind', (number) => ({ type: 'answer', number, message: pong })],
    ['no answer to another number', (number) => ({ type: 'no-answer', number: number + 1, reason: 'failed' })],
    ['a second welcome', () => welcome],
    ['a request', (number) => ({ type: 'request', number, message: ping })],
  ])('an answer with %s is not believed', async (_what, answer) => {
    const address = await scriptedPeer((number) => [answer(number)]);
    const { link, ups, downs, in: within } = openLink(address, { security: plain });
    await ups.find();
    await expect(link.request(get('b1'), within(20_000))).rejects.toThrow(LinkLostError);
    expect((await downs.find()).why).toMatch(/cannot be understood/);
  });

  test('by wish, fails what is in flight and dials again', async () => {
    const { address } = await startServer({ handler: () => new Promise(() => undefined) });
    const { link, ups, downs, in: within } = openLink(address);
    await ups.find();
    const request = link.request(get('b1'), within(20_000));
    link.drop('it is suspect');
    link.drop('it is suspect');
    expect(link.state).toEqual({ kind: 'waiting', why: 'it is suspect' });
    await expect(link.request(get('b2'), within(1000))).rejects.toThrow(LinkDownError);
    await expect(request).rejects.toThrow(/it is suspect/);
    expect(downs.all).toEqual([{ cause: 'lost', why: 'it is suspect' }]);
    await ups.count(2);
  });
});

describe('a dial that fails', () => {
  test('because nobody listens is reported as refused, and goes on', async () => {
    const { link, failures, in: within } = openLink(await closedPort());
    const [first] = await failures.count(3);
    expect(first).toMatchObject({ cause: 'refused', error: { code: 'LINK_DOWN' } });
    expect(failures.all.every(({ cause }) => cause === 'refused')).toBe(true);
    await expect(link.request(ping, within(1000))).rejects.toThrow(/no link to b/);
  });

  test('after the connection was lost tells that the peer is gone: lost, and refused at the first dial', async () => {
    const { address, server } = await startServer();
    const { ups, downs, failures } = openLink(address);
    await ups.find();
    await server.close();
    expect(await downs.find()).toMatchObject({ cause: 'lost' });
    expect(await failures.find()).toMatchObject({ cause: 'refused' });
  });

  test('because the host name means nothing is reported as unreachable', async () => {
    const { failures } = openLink({ host: 'no-such-host.invalid', port: 7421 }, { limits: { dialMs: 10_000 } });
    const failure = await failures.find();
    expect(failure).toMatchObject({ cause: 'unreachable' });
    expect(failure.error.message).toMatch(/cannot be reached: its name does not resolve \(E[A-Z_]+\)$/);
  });

  test.each([
    ['plain', plain],
    ['encrypted', undefined],
  ])('because the peer accepts and says nothing ends with the deadline (%s)', async (_what, security) => {
    const address = await startTcp(() => undefined);
    const { failures } = openLink(address, { limits: { dialMs: 80 }, ...(security && { security }) });
    const { cause, error } = await failures.find();
    expect(cause).toBe('timeout');
    expect(error.message).toMatch(/within 80 ms/);
  });

  test('because the peer hangs up is reported as handshake, with a hint at what may be wrong', async () => {
    const address = await startTcp((socket) => socket.on('data', () => socket.end()));
    const { failures } = openLink(address, { security: plain });
    const { cause, error } = await failures.find();
    expect(cause).toBe('handshake');
    expect(error.message).toMatch(/does not let us in.*mesh\.plain on both/);
  });

  test('because an answer comes before the welcome is reported as handshake', async () => {
    const address = await startScripted(() => [{ type: 'answer', number: 1, message: pong }]);
    const { failures } = openLink(address, { security: plain });
    const { cause, error } = await failures.find();
    expect(cause).toBe('handshake');
    expect(error.message).toMatch(/before the welcome/);
  });

  test('is tried again at once when nudged', async () => {
    let isWelcoming = false;
    const address = await startScripted((frame) => {
      if (frame.type !== 'hello') return [];
      const refused = { kind: 'refused', refusal: 'duplicate-letter', explanation: 'two of you' } as const;
      return [isWelcoming ? welcome : { type: 'hello-answer', message: refused }];
    });
    const { link, failures, ups, states } = openLink(address, { security: plain });
    const { error } = await failures.find();
    expect(error).toBeInstanceOf(HandshakeRefusedError);
    expect(link.state).toEqual({ kind: 'refused', why: 'two of you', refusal: 'duplicate-letter' });
    isWelcoming = true;
    const nudgedAt = performance.now();
    link.nudge();
    await ups.find();
    // Unnudged, it would have waited for a second and a half.
    expect(performance.now() - nudgedAt).toBeLessThan(1400);
    expect(states.all.map(({ kind }) => kind)).toEqual(['dialling', 'refused', 'dialling', 'up']);
  });
});

describe('a link that is closed', () => {
  test('fails what is in flight, refuses what comes, and stays closed', async () => {
    const { address } = await startServer({ handler: () => new Promise(() => undefined) });
    const { link, ups, downs, states, in: within } = openLink(address);
    await ups.find();
    const request = link.request(get('b1'), within(20_000));
    const closing = link.close();
    expect(link.close()).toBe(closing);
    await expect(request).rejects.toThrow(LinkLostError);
    await closing;
    await expect(link.request(get('b1'), within(1000))).rejects.toThrow(LinkDownError);
    link.drop('again');
    link.nudge();
    expect(downs.all).toEqual([]);
    expect(states.all.at(-1)).toMatchObject({ kind: 'closed' });
  });

  test('while it dials leaves no connection behind', async () => {
    const ended: Promise<void>[] = [];
    const address = await startTcp((socket) => {
      ended.push(new Promise((resolve) => socket.once('close', () => resolve())));
      socket.resume();
    });
    const { link, states } = openLink(address);
    await states.find(({ kind }) => kind === 'dialling');
    await link.close();
    await Promise.all(ended);
    expect(link.state.kind).toBe('closed');
  });

  test('before it was opened', async () => {
    const { link } = openLink(await closedPort());
    await link.close();
    expect(link.state.kind).toBe('closed');
  });
});

test('a redial that ends as the last one did is not worth a line in the log', async () => {
  const { failures, logBook } = openLink(await closedPort());
  await failures.count(4);
  const told = logBook.lines.filter(({ level }) => level >= 30);
  expect(told.map(({ from, to }) => [from, to])).toEqual([['dialling', 'waiting']]);
});

function reply(id: string): PeerAnswer {
  return { kind: 'reply', id, executorIncarnation: 1, reply: { kind: 'miss', reason: 'unknown' } };
}

function busyFor(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
