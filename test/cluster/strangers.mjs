import { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import process from 'node:process';
import { setImmediate } from 'node:timers';

/*
 * A crowd of strangers: so many TCP connections to one port, each dialled again as it ends, until the parent hangs up.
 * A process of its own, so that it is not the test that the crowd waits for. Prints a line each time as many have ended
 * as there are.
 *
 * node strangers.mjs <host> <port> <how many> [first words, in hex]
 */

const [host, port, crowd, words = ''] = process.argv.slice(2);
const size = Number(crowd);
const firstWords = Buffer.from(words, 'hex');
let ended = 0;

function call() {
  const socket = connect(Number(port), host);
  socket.on('connect', () => {
    if (firstWords.length > 0) socket.write(firstWords);
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    ended += 1;
    if (ended % size === 0) process.stdout.write(`${ended}\n`);
    setImmediate(call);
  });
}

for (let number = 0; number < size; number += 1) call();
process.stdin.on('end', () => process.exit(0)).resume();
