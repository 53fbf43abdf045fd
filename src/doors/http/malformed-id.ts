import type { FastifyInstance } from 'fastify';
import { isMintedForm } from '../../session/session-id.ts';
import { allowedMethods } from './allowed-methods.ts';
import { methodNotAllowed } from './error-handler.ts';
import type { Problem } from './problems.ts';
import { sendProblem } from './send-problem.ts';

/**
 * Refuses paths whose id no node can have minted, before anything else of the request is read. This door makes every
 * id that it serves, so there is no other form; keys of memcached clients are not reached from here.
 */
export function addIdCheck(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { id } = request.params as { id: string };
    if (isMintedForm(id)) {
      done();
      return;
    }
    // GET /v1/sessions/open is a wrong method, not a session called open.
    const allowed = allowedMethods(app, request.url, 'literal');
    sendProblem(reply, allowed.length > 0 ? methodNotAllowed(reply, allowed) : malformedId(id));
  });
}

function malformedId(id: string): Problem {
  const form = "a session's id is the letter of its node and 26 characters of [0-9a-z]";
  const flaw = id.length === 27 ? 'this one has other characters' : `this one has ${id.length} characters`;
  return { code: 'MALFORMED_ID', message: `${form}; ${flaw}` };
}
