import { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { Connections } from '../../../../src/doors/http/connections.ts';

function open(): { connections: Connections; socket: Socket } {
  const server = new Server();
  // Node's own listener would read from the socket.
  server.removeAllListeners('connection');
  const connections = new Connections(server);
  const socket = new Socket();
  server.emit('connection', socket);
  return { connections, socket };
}

function begin(connections: Connections, socket: Socket): ServerResponse {
  const request = new IncomingMessage(socket);
  const response = new ServerResponse(request);
  connections.begin(request, response);
  return response;
}

function finish(response: ServerResponse): void {
  response.req.complete = true;
  response.emit('finish');
}

test('an idle connection keeps nothing of its last exchange', () => {
  const { connections, socket } = open();
  const response = begin(connections, socket);
  expect(connections.latestOn(socket)?.response).toBe(response);
  finish(response);
  expect(connections.latestOn(socket)).toBeUndefined();
  expect([...connections]).toEqual([socket]);
});

test('the end of one exchange does not end the one that was sent ahead behind it', () => {
  const { connections, socket } = open();
  const first = begin(connections, socket);
  const second = begin(connections, socket);
  finish(first);
  expect(connections.latestOn(socket)?.response).toBe(second);
});

test('an answer that is out before its request is in does not end the exchange', () => {
  const { connections, socket } = open();
  const response = begin(connections, socket);
  response.emit('finish');
  expect(connections.latestOn(socket)?.response).toBe(response);
});

test('nothing is kept of a connection that is closed', () => {
  const { connections, socket } = open();
  socket.emit('close');
  begin(connections, socket);
  expect(connections.latestOn(socket)).toBeUndefined();
  expect([...connections]).toEqual([]);
});
