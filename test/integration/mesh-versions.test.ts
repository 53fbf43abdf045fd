import { describe, expect, test } from 'vitest';
import { AnswerTooLongError, FrameTooLongError, LinkLostError } from '../../src/errors.ts';
import type { Hello, PeerAnswer, PeerRequest } from '../../src/mesh/message.ts';
import { WIRE_VERSION } from '../../src/mesh/message.ts';
import { encodeFramesIn, type Frame } from '../support/mesh-frames.ts';
import {
  a,
  answerOf,
  b,
  callRaw,
  get,
  helloOf,
  openLink,
  ping,
  plain,
  pong,
  startScripted,
  startServer,
  welcome,
} from '../support/mesh-nodes.ts';

const VERSION_3: Partial<Hello> = { wireVersion: 3, oldestWireVersion: 3 };

const welcomeIn3: Frame = { type: 'hello-answer', message: { kind: 'welcome', hello: helloOf(b, a, VERSION_3) } };

function refusing(explanation: string): Frame {
  return { type: 'hello-answer', message: { kind: 'refused', refusal: 'wrong-version', explanation } };
}

/** A node of the version before: it refuses every other one, and says no reasons. */
function startOlder(greeted: number[], onRequest: (number: number) => Frame = answerPing) {
  return startScripted((frame, socket) => {
    if (frame.type === 'hello') {
      const { wireVersion } = frame.message;
      greeted.push(wireVersion);
      return [wireVersion === 3 ? welcomeIn3 : refusing(`it speaks ${wireVersion}, we speak 3`)];
    }
    if (frame.type === 'request') socket.write(encodeFramesIn(3, onRequest(frame.number)));
    return [];
  });
}

function answerPing(number: number): Frame {
  return { type: 'answer', number, message: pong };
}

describe('a peer that speaks the version before only', () => {
  test('is dialled again in that version, as part of the same dial, and the log says it once', async () => {
    const greeted: number[] = [];
    const address = await startOlder(greeted);
    const { link, ups, failures, states, logBook, in: within } = openLink(address, { security: plain });
    expect(await ups.find()).toEqual(helloOf(b, a, VERSION_3));
    expect(await link.request(ping, within(5000))).toEqual(pong);
    expect(greeted).toEqual([WIRE_VERSION, 3]);
    expect(failures.all).toEqual([]);
    expect(states.all.map(({ kind }) => kind)).toEqual(['dialling', 'up']);
    const told = logBook.lines.filter(({ why }) => typeof why === 'string' && why.includes('version 3 of the wire'));
    expect(told).toHaveLength(1);
  });

  test('has its frames read as that version has them', async () => {
    const address = await startOlder([], (number) => ({ type: 'no-answer', number, reason: 'failed' }));
    const { link, ups, downs, in: within } = openLink(address, { security: plain });
    await ups.find();
    await expect(link.request(get('b1'), within(5000))).rejects.toThrow(/failed while it handled/);
    expect(downs.all).toEqual([]);
  });

  test('is greeted in ours again each time that it is dialled: it may have been upgraded', async () => {
    const greeted: number[] = [];
    let isUpgraded = false;
    const address = await startScripted((frame) => {
      if (frame.type !== 'hello') return [];
      const { wireVersion } = frame.message;
      greeted.push(wireVersion);
      if (isUpgraded) return [welcome];
      return [wireVersion === 3 ? welcomeIn3 : refusing('version 3 only')];
    });
    const { link, ups } = openLink(address, { security: plain });
    await ups.find();
    isUpgraded = true;
    link.drop('the test says so');
    await ups.count(2);
    expect(greeted).toEqual([WIRE_VERSION, 3, WIRE_VERSION]);
    expect(ups.all.map(({ wireVersion }) => wireVersion)).toEqual([3, WIRE_VERSION]);
  });

  test('may call, and is welcomed and answered in its version', async () => {
    const mesh = await startServer({
      security: plain,
      hello: { takes: { frameBytes: 1_000_000, commands: 9 } },
      handler: (_from, request) => (request.kind === 'ping' ? Promise.resolve(pong) : Promise.reject(new Error('bug'))),
    });
    const peer = await callRaw(mesh.address);
    peer.send({ type: 'hello', message: helloOf(a, b, VERSION_3) });
    expect(await peer.frames.find()).toEqual(welcomeIn3);
    const bytes: Buffer[] = [];
    peer.socket.on('data', (chunk: Buffer) => void bytes.push(chunk));
    const noAnswer = encodeFramesIn(3, { type: 'no-answer', number: 7, reason: 'failed' });
    const whole = new Promise<void>((resolve) => {
      peer.socket.on('data', () => {
        if (Buffer.concat(bytes).length >= noAnswer.length) resolve();
      });
    });
    peer.socket.write(encodeFramesIn(3, { type: 'request', number: 7, message: get('b1') }));
    await whole;
    expect(Buffer.concat(bytes)).toEqual(noAnswer);
  });
});

test('with a peer that speaks no version of ours, the refusal says what each speaks, and it is dialled twice', async () => {
  const greeted: number[] = [];
  const address = await startScripted((frame) => {
    if (frame.type !== 'hello') return [];
    greeted.push(frame.message.wireVersion);
    return [refusing(`refused ${frame.message.wireVersion}`)];
  });
  const { link, failures } = openLink(address, { security: plain });
  const { cause, error } = await failures.find();
  expect([cause, error.message]).toEqual(['handshake', `refused ${WIRE_VERSION}`]);
  expect(link.state).toMatchObject({ kind: 'refused', refusal: 'wrong-version' });
  expect(greeted).toEqual([WIRE_VERSION, 3]);
});

test('S7 closed: a node without the secret cannot talk us down to an older version', async () => {
  const mesh = await startServer({ security: plain });
  const { failures, states } = openLink(mesh.address);
  const { error } = await failures.find();
  expect(error).toMatchObject({ refusal: 'wrong-secret' });
  expect(states.all.map(({ kind }) => kind)).toEqual(['dialling', 'refused']);
  expect(mesh.hellos.all).toEqual([]);
});

describe('a peer with other limits', () => {
  const put = (bytes: number): PeerRequest => {
    const content = { contentType: '', flags: 0, payload: Buffer.alloc(bytes) };
    return {
      ...(get('b1', 5000) as Extract<PeerRequest, { kind: 'execute' }>),
      command: { kind: 'put', id: 'b1', content },
    };
  };
  const found = (bytes: number): PeerAnswer => {
    const content = { contentType: '', flags: 0, payload: Buffer.alloc(bytes) };
    const reply = { kind: 'done', id: 'b1', version: 1, ttlSeconds: 60, content } as const;
    return { kind: 'reply', id: 'b1', executorIncarnation: 1000, reply };
  };
  const takes = { frameBytes: 100_000, commands: 2 };

  test('is sent no frame that is longer than it takes, and the link stands', async () => {
    const { address, asked } = await startServer({ hello: { takes }, limits: { maxFrameBytes: takes.frameBytes } });
    const { link, ups, downs, in: within } = openLink(address);
    await ups.find();
    await expect(link.request(put(100_000), within(5000))).rejects.toThrow(FrameTooLongError);
    expect(await link.request(put(90_000), within(5000))).toMatchObject({ kind: 'reply' });
    expect(asked.all).toHaveLength(1);
    expect(downs.all).toEqual([]);
  });

  test('is sent no answer that is longer than it takes: it is told so, and the link stands', async () => {
    const { address, logBook } = await startServer({ handler: () => Promise.resolve(found(100_000)) });
    const {
      link,
      ups,
      downs,
      in: within,
    } = openLink(address, {
      hello: { takes },
      limits: { maxFrameBytes: takes.frameBytes },
    });
    await ups.find();
    await expect(link.request(get('b1'), within(5000))).rejects.toThrow(AnswerTooLongError);
    expect(downs.all).toEqual([]);
    expect(logBook.warnings).toEqual(['an answer is too long for a peer']);
  });

  test('of the version before, loses the link to a frame that is too long, as it always did', async () => {
    const { address } = await startServer({ limits: { maxFrameBytes: takes.frameBytes }, hello: VERSION_3 });
    const { link, ups, in: within } = openLink(address);
    await ups.find();
    await expect(link.request(put(100_000), within(5000))).rejects.toThrow(LinkLostError);
  });

  test('has no more commands in flight than it carries out at a time; pings do not wait for them', async () => {
    const released: (() => void)[] = [];
    const { address, asked } = await startServer({
      hello: { takes },
      handler: (_from, request) =>
        request.kind === 'ping'
          ? Promise.resolve(pong)
          : new Promise((resolve) => released.push(() => resolve(answerOf(request)))),
    });
    const { link, ups, in: within } = openLink(address);
    await ups.find();
    const commands = ['b1', 'b2', 'b3'].map((id) => link.request(get(id, 5000), within(5000)));
    expect(await link.request(ping, within(5000))).toEqual(pong);
    expect(asked.all.filter(({ kind }) => kind === 'execute')).toHaveLength(2);
    released[0]?.();
    await asked.count(4);
    for (const release of released) release();
    expect(await Promise.all(commands)).toHaveLength(3);
  });
});
