import type { InjectOptions, FastifyInstance } from 'fastify';
import { pino, type Level } from 'pino';
import { HeldMemory } from '../../../src/listening/held-memory.ts';
import { LongWork } from '../../../src/long-work.ts';
import type { SessionConfig } from '../../../src/config/config.ts';
import { buildHttpDoor } from '../../../src/http/app.ts';
import type { HttpDoorParts } from '../../../src/http/http-door-parts.ts';
import { Metrics } from '../../../src/metrics/metrics.ts';
import type { ClusterView } from '../../../src/routing/cluster-view.ts';
import type { SessionCommand } from '../../../src/session/command.ts';
import type { Letter } from '../../../src/session/letter.ts';
import type { Reply } from '../../../src/session/reply.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ScriptedSessions } from './scripted-sessions.ts';

export const ID = 'a0123456789abcdefghijklmnop';
export const OTHER_ID = 'bzyxwvutsrqponmlkjihgfedcba';
export const LETTER_A = 'a' as Letter;

export const SESSION: SessionConfig = {
  ttlSeconds: 1440,
  maxTtlSeconds: 86_400,
  maxBytes: 1000,
  tombstoneSeconds: 60,
  rotateGraceSeconds: 10,
  lockSeconds: 30,
};

export const VIEW: ClusterView = {
  letter: LETTER_A,
  incarnation: 1_700_000_000_000,
  tenure: { state: 'serving', why: 'everybody agreed' },
  mapDigest: '0123456789abcdef',
  software: '0.1.0',
  wire: { oldest: 3, newest: 4 },
  store: { kind: 'memcached', state: 'up', pid: 4711 },
  peers: [
    {
      letter: 'b' as Letter,
      address: '192.168.0.2:7421',
      state: 'alive',
      incarnation: 1_700_000_000_001,
      why: 'it answers',
      sinceMs: 1200.5,
      link: { state: 'up', why: 'welcome', wire: 4 },
      refused: { refusal: 'wrong-map', explanation: 'another map', from: '192.168.0.2:40000', agoMs: 5 },
    },
  ],
  strangers: [{ refusal: 'unknown-letter', explanation: 'who is z?', from: '192.168.0.9:40000', agoMs: 7 }],
};

/** A reply that is done, as for `ID`. */
export function done(more: Partial<Extract<Reply, { kind: 'done' }>> = {}): Reply {
  return { kind: 'done', id: ID, version: 7, ttlSeconds: 60, ...more };
}

/** The same with JSON content, as `get` answers it. */
export function found(json: string): Reply {
  return done({ content: { contentType: 'application/json', flags: 0, payload: Buffer.from(json) } });
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly bytes: Buffer;
  /** The body, parsed. */
  readonly body: unknown;
}

/** A door over scripted sessions. It has no socket, so there is nothing to close; building one takes some 20 ms. */
export class Door {
  readonly sessions = new ScriptedSessions();
  readonly clock = new FakeClock();
  readonly metrics = new Metrics();
  readonly logLines: string[] = [];
  readonly app: FastifyInstance;

  constructor(parts: Partial<HttpDoorParts> = {}, level: Level = 'debug') {
    const log = pino({ level }, { write: (line: string) => void this.logLines.push(line) });
    this.app = buildHttpDoor({
      sessions: this.sessions,
      cluster: () => VIEW,
      isReady: () => ({ ready: true, why: 'serving' }),
      metrics: this.metrics,
      session: SESSION,
      work: new LongWork(),
      memory: new HeldMemory({ limitBytes: 1_000_000, clock: this.clock, log }),
      log,
      clock: this.clock,
      ...parts,
    });
  }

  async ask(request: InjectOptions): Promise<Answer> {
    const { statusCode, headers, rawPayload, payload } = await this.app.inject(request);
    const isJson = String(headers['content-type']).startsWith('application/json') && payload !== '';
    return {
      status: statusCode,
      headers,
      text: payload,
      bytes: rawPayload,
      body: isJson ? (JSON.parse(payload) as unknown) : undefined,
    };
  }

  /** The command that was dispatched last. */
  get command(): SessionCommand | undefined {
    const call = this.sessions.calls.at(-1);
    return call?.kind === 'dispatch' ? call.command : undefined;
  }
}

/** A request with a body that is sent exactly as it stands here. */
export function withBody(
  method: 'POST' | 'PUT' | 'PATCH',
  url: string,
  payload: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): InjectOptions {
  return { method, url, payload, headers: { 'content-type': 'application/json', ...headers } };
}
