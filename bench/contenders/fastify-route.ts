/**
 * The least that a Node.js service would be: the daemon's HTTP calls as bare fastify routes, which read the body and answer
 * what a daemon answered once. A program of its own: `fastify-route.ts <port> <file of the answers>`.
 */
import { readFileSync } from 'node:fs';
import fastify from 'fastify';
import type { RecordedAnswers } from './recorded-answers.ts';

const [port, file = ''] = process.argv.slice(2);
const answers = JSON.parse(readFileSync(file, 'utf8')) as RecordedAnswers;

const app = fastify();
app.post('/v1/sessions/open', () => answers.open);
app.post('/v1/sessions', (_request, reply) => reply.code(201).send(answers.mint));
app.put('/v1/sessions/:id', () => answers.put);
await app.listen({ host: '127.0.0.1', port: Number(port) });
