import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logins } from '../listening/logins.ts';
import type { BearerToken } from './bearer-token.ts';
import { isFromAPage } from './cross-site.ts';
import { hasTwoHosts, isForAnotherHost, isOwnHost } from './host-names.ts';
import { ProblemError } from './problem-error.ts';
import { PROBLEMS, type ProblemCode } from './problems.ts';

/** Probes carry no token: a load balancer often cannot be told one, and they tell nothing about sessions. */
const PROBES: ReadonlySet<string | undefined> = new Set(['/healthz', '/readyz']);

export interface GateRules {
  /** Undefined where the door demands none; then it listens on loopback or a unix socket, and Host is checked. */
  readonly token: BearerToken | undefined;
  readonly logins: Logins;
}

/**
 * What each request passes before its URL is looked at any closer: unknown URLs too, so that who may not come in
 * learns nothing.
 */
export function addGate(app: FastifyInstance, { logins, token }: GateRules): void {
  let stage: 'open' | 'closing' = 'open';
  app.addHook('preClose', (done) => {
    stage = 'closing';
    done();
  });

  function refusal(request: FastifyRequest): ProblemCode | undefined {
    const { headers, raw } = request;
    if (hasTwoHosts(raw.rawHeaders)) return 'MALFORMED_HTTP';
    if (isForAnotherHost(raw.url, headers.host)) return 'WRONG_HOST';
    if (token === undefined && !isOwnHost(headers.host)) return 'WRONG_HOST';
    if (isFromAPage(headers)) return 'CROSS_SITE';
    const isProbe = PROBES.has(request.routeOptions.url);
    // A probe needs no token; one that shows a wrong one is guessing all the same.
    if (token !== undefined && (!isProbe || headers.authorization !== undefined)) {
      const isPresented = token.isPresentedIn(headers.authorization);
      if (isPresented) logins.accepted();
      else logins.refused(raw.socket.remoteAddress);
      if (!isPresented && !isProbe) return 'UNAUTHORIZED';
    }
    if (stage === 'closing' && !isProbe) return 'CLOSING';
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') return 'UNSUPPORTED_MEDIA_TYPE';
    return undefined;
  }

  app.addHook('onRequest', (request, reply, done) => {
    reply.header('cache-control', 'no-store');
    const code = refusal(request);
    if (code === undefined) done();
    else done(new ProblemError({ code, message: PROBLEMS[code].means }));
  });
}
