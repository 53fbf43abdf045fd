import fastify, { type FastifyInstance } from 'fastify';
import { BearerToken } from './bearer-token.ts';
import { Logins } from '../kit/logins.ts';
import { MeteredDispatch } from '../kit/metered-dispatch.ts';
import { addErrorHandling, answerBadUrl } from './error-handler.ts';
import { addGate } from './gate.ts';
import { addHeldBodies } from './held-bodies.ts';
import type { HttpApp, HttpDoorParts } from './http-door-parts.ts';
import { jsonBodyParser } from './json-body.ts';
import { JSON_TYPE } from './json-envelope.ts';
import { addIdCheck } from './malformed-id.ts';
import { lazyValidators } from './lazy-validators.ts';
import { addOpenApi } from './openapi.ts';
import { addRequestLog } from './request-log.ts';
import { addApiDocument } from './routes/api-document.ts';
import { addMeshView } from './routes/mesh-view.ts';
import { addMintAndOpen } from './routes/mint-and-open.ts';
import { addProbes } from './routes/probes.ts';
import { addSession } from './routes/session.ts';
import { addSessionData } from './routes/session-data.ts';
import { addSessionLife } from './routes/session-life.ts';
import { addSessionPatch } from './routes/session-patch.ts';
import type { SchemaTypes } from './schema.ts';
import { SERVER_OPTIONS } from './server-options.ts';

/** What a JSON body has around its data. */
const ENVELOPE_BYTES = 4096;

/**
 * The HTTP door, not listening yet: `listenHttp` puts it on its addresses, tests inject into it.
 *
 * A request passes the gate (host, token, closing), the check of its id, the reading of its body, the check of its
 * fields, and then its route asks `sessions` and turns the reply into an answer.
 */
export function buildHttpApp(parts: HttpDoorParts): FastifyInstance {
  const { metrics, session, work, log, clock, isReady } = parts;
  const sessions = new MeteredDispatch('http', { sessions: parts.sessions, metrics, clock, log });
  const token = parts.token === undefined ? undefined : new BearerToken(parts.token);

  const app: HttpApp = fastify({
    // Fastify's own log lines carry whole URLs, and with them session ids; ours do not.
    logger: false,
    http: SERVER_OPTIONS,
    requestTimeout: SERVER_OPTIONS.requestTimeout,
    keepAliveTimeout: SERVER_OPTIONS.keepAliveTimeout,
    // JSON text can be twice as long as what it stands for, where every quote is escaped.
    bodyLimit: session.maxBytes * 2 + ENVELOPE_BYTES,
    // The gate answers that with our own code.
    return503OnClosing: false,
    frameworkErrors: answerBadUrl,
    // An id that is too long is told to be malformed, like every other one.
    routerOptions: { maxParamLength: SERVER_OPTIONS.maxHeaderSize },
    // Answers are written by hand; the schemas of replies are there for the document.
    schemaController: { compilersFactory: { buildSerializer: () => () => (value) => JSON.stringify(value) } },
  }).withTypeProvider<SchemaTypes>();

  app.setValidatorCompiler(lazyValidators());
  addErrorHandling(app, log);
  addRequestLog(app, log);
  addGate(app, { token, logins: new Logins({ door: 'http', metrics, clock, log }) });
  addHeldBodies(app, { memory: parts.memory, metrics });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(JSON_TYPE, { parseAs: 'buffer' }, jsonBodyParser(work));

  addOpenApi(app);
  addScope(app, (scope) => {
    addMintAndOpen(scope, sessions, session);
    addMeshView(scope, parts.cluster);
    addProbes(scope, { isReady, metrics, token });
    addApiDocument(scope);
  });
  addScope(app, (scope) => {
    addIdCheck(scope);
    addSession(scope, sessions, session);
    addSessionLife(scope, sessions, session);
    addScope(scope, (patchScope) => addSessionPatch(patchScope, sessions, session, work));
    addScope(scope, (dataScope) => addSessionData(dataScope, sessions, session, work));
  });
  return app;
}

/** Hooks and body parsers that are added inside hold only inside. */
function addScope(app: HttpApp, add: (scope: HttpApp) => void): void {
  void app.register((scope, _options, done) => {
    add(scope);
    done();
  });
}
