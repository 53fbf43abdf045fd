/*
 * The everyday operations of memjs: node operations-memjs.mjs ADDRESS…. Every operation goes to the next address, round
 * and round, so that with several nodes what one took another must give.
 * Prints {operation: what came of it}; test/clients/everyday-operations.test.ts knows what should.
 */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import memjs from 'memjs';

const logger = { log() {} };
const clients = process.argv
  .slice(2)
  .map((address) => memjs.Client.create(address, { logger, timeout: 10, retries: 1 }));
let turn = 0;
const to = () => clients[turn++ % clients.length];
const run = randomBytes(6).toString('hex');
const key = (name) => `memjs-${run}-${name}`;
const text = async (name) => (await to().get(key(name))).value?.toString();
const tried = (operation) => operation().then(Boolean, () => false);

const allBytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
const large = randomBytes(900_000);
const seen = {};

await to().set(key('a'), 'value', {});
seen['set and get'] = await text('a');
seen['get of nothing'] = (await to().get(key('none'))).value === null;
seen['add of a new key'] = await to().add(key('b'), '1', {});
seen['add of a key that is there'] = await to().add(key('b'), '2', {});
seen['replace of nothing'] = await to().replace(key('none'), '1', {});
seen['replace'] = (await to().replace(key('b'), '3', {})) && (await text('b')) === '3';
await to().set(key('c'), 'middle', {});
await to().append(key('c'), '>');
await to().prepend(key('c'), '<');
seen['append and prepend'] = await text('c');
seen['append to nothing'] = await tried(() => to().append(key('none'), 'x'));
await to().set(key('n'), '10', {});
seen['incr'] = (await to().increment(key('n'), 5, {})).value;
seen['decr'] = (await to().decrement(key('n'), 3, {})).value;
seen['decr below zero'] = (await to().decrement(key('n'), 100, {})).value;
// memjs always sends an initial value.
seen['incr that creates'] = [
  (await to().increment(key('made'), 1, { initial: 7, expires: 100 })).value,
  (await to().increment(key('made'), 1, {})).value,
];
seen['touch'] = await to().touch(key('a'), 100);
seen['touch of nothing'] = await tried(() => to().touch(key('none'), 100));
seen['delete'] = await to().delete(key('a'));
seen['delete of nothing'] = await to().delete(key('a'));
seen['get after delete'] = (await to().get(key('a'))).value !== null;
seen['set after delete'] = (await to().set(key('a'), 'again', {})) && (await text('a')) === 'again';
seen['large value'] = (await to().set(key('large'), large, {})) && large.equals((await to().get(key('large'))).value);
seen['too large a value'] = await tried(() => to().set(key('limit'), Buffer.alloc(2 * 1_048_576), {}));
seen['go on after too large a value'] = (await to().set(key('a'), 'on', {})) && (await text('a')) === 'on';
seen['all byte values'] =
  (await to().set(key('bytes'), allBytes, {})) && allBytes.equals((await to().get(key('bytes'))).value);
seen['empty value'] = (await to().set(key('empty'), '', {})) ? await text('empty') : 'not stored';
await to().set(key('brief'), 'here', { expires: 1 });
seen['expiry'] = (await text('brief')) === 'here';
for (const until = Date.now() + 10_000; (await text('brief')) !== undefined;) {
  if (Date.now() > until) {
    seen['expiry'] = 'still there';
    break;
  }
  await setTimeout(20);
}
const outcome = (call) => new Promise((resolve) => call((error, _server, value) => resolve(error ? false : value)));
seen['stats'] = 'curr_connections' in ((await outcome((done) => to().stats(done))) || {});
seen['flush'] = (await tried(() => to().flush())) && (await to().get(key('b'))).value === null;

process.stdout.write(`${JSON.stringify(seen, null, 1)}\n`);
for (const client of clients) client.quit();
