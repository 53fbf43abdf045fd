import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logins } from '../kit/logins.ts';
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

interface GateRefusal {
  readonly code: ProblemCode;
  /** A guess is told only then that it was wrong. */
  readonly sayAfter?: Promise<void> | undefined;
}

/**
 * What each request passes before its URL is looked at any closer: unknown URLs too, so that who may not come in
 * learns nothing.
 */
export function addGate(app: FastifyInstance, { logins, token }: GateRules): void {
  let stage: 'open' | 'closing' = 'open';
  app.addHook('preClose', (done) => {
    stage = 'closing';
    logins.close();
    done();
  });

  /** Counts how it went; undefined where the token is right, or none is demanded. */
  function login({ headers, raw }: FastifyRequest, isProbe: boolean): GateRefusal | undefined {
    const from = raw.socket.remoteAddress;
    if (token === undefined || (isProbe && headers.authorization === undefined)) return undefined;
    // Probes need none, and are answered at once whatever happens: so where guesses are slowed, theirs are not looked at.
    if (isProbe && logins.isSlowed(from)) {
      delete headers.authorization;
      return undefined;
    }
    if (token.isPresentedIn(headers.authorization)) {
      logins.accepted();
      return undefined;
    }
    if (headers.authorization === undefined) logins.refused(from);
    else return { code: 'UNAUTHORIZED', sayAfter: logins.guessedWrong(from) };
    return { code: 'UNAUTHORIZED' };
  }

  function refusal(request: FastifyRequest): GateRefusal | undefined {
    const { headers, raw } = request;
    if (hasTwoHosts(raw.rawHeaders)) return { code: 'MALFORMED_HTTP' };
    if (isForAnotherHost(raw.url, headers.host)) return { code: 'WRONG_HOST' };
    if (token === undefined && !isOwnHost(headers.host)) return { code: 'WRONG_HOST' };
    if (isFromAPage(headers)) return { code: 'CROSS_SITE' };
    const isProbe = PROBES.has(request.routeOptions.url);
    const failure = login(request, isProbe);
    if (failure !== undefined && !isProbe) return failure;
    if (stage === 'closing' && !isProbe) return { code: 'CLOSING' };
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') return { code: 'UNSUPPORTED_MEDIA_TYPE' };
    return undefined;
  }

  app.addHook('onRequest', (request, reply, done) => {
    reply.header('cache-control', 'no-store');
    const refused = refusal(request);
    if (refused === undefined) {
      done();
      return;
    }
    const { code, sayAfter } = refused;
    const say = (): void => done(new ProblemError({ code, message: PROBLEMS[code].means }));
    if (sayAfter === undefined) say();
    else void sayAfter.then(say);
  });
}
