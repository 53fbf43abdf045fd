/*
 * The everyday operations of the npm package memcached: node operations-memcached.mjs ADDRESS…. Every operation goes to
 * the next address, round and round, so that with several nodes what one took another must give.
 * Prints {operation: what came of it}; test/clients/everyday-operations.test.ts knows what should.
 */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import Memcached from 'memcached';

const clients = process.argv.slice(2).map((address) => new Memcached(address, { retries: 0 }));
let turn = 0;
const run = randomBytes(6).toString('hex');
const key = (name) => `npm-memcached-${run}-${name}`;

/** Calls a method of the next client; what it answers, or its error. */
function ask(method, ...args) {
  const client = clients[turn++ % clients.length];
  return new Promise((resolve) => {
    client[method](...args, (error, answer) => resolve(error ? { error: String(error.message ?? error) } : answer));
  });
}
const yes = async (method, ...args) => (await ask(method, ...args)) === true;

const allBytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
const large = randomBytes(450_000).toString('hex');
const LIFE = 100;
const seen = {};

await ask('set', key('a'), 'value', LIFE);
seen['set and get'] = await ask('get', key('a'));
seen['get of nothing'] = (await ask('get', key('none'))) === undefined;
seen['add of a new key'] = await yes('add', key('b'), '1', LIFE);
seen['add of a key that is there'] = await yes('add', key('b'), '2', LIFE);
seen['replace of nothing'] = await yes('replace', key('none'), '1', LIFE);
seen['replace'] = (await yes('replace', key('b'), '3', LIFE)) && (await ask('get', key('b'))) === '3';
await ask('set', key('c'), 'middle', LIFE);
await ask('append', key('c'), '>');
await ask('prepend', key('c'), '<');
seen['append and prepend'] = await ask('get', key('c'));
seen['append to nothing'] = await yes('append', key('none'), 'x');
await ask('set', key('cas'), 'first', LIFE);
const { cas } = await ask('gets', key('cas'));
seen['cas'] = await yes('cas', key('cas'), 'second', cas, LIFE);
seen['cas after another write'] =
  (await yes('cas', key('cas'), 'third', cas, LIFE)) || (await ask('get', key('cas'))) !== 'second';
await ask('set', key('n'), 10, LIFE);
seen['incr'] = await ask('incr', key('n'), 5);
seen['decr'] = await ask('decr', key('n'), 3);
seen['decr below zero'] = await ask('decr', key('n'), 100);
seen['incr of nothing'] = await ask('incr', key('none'), 1);
seen['touch'] = await yes('touch', key('a'), LIFE);
seen['touch of nothing'] = await yes('touch', key('none'), LIFE);
seen['delete'] = await yes('del', key('a'));
seen['delete of nothing'] = await yes('del', key('a'));
seen['get after delete'] = (await ask('get', key('a'))) !== undefined;
seen['set after delete'] = (await yes('set', key('a'), 'again', LIFE)) && (await ask('get', key('a'))) === 'again';
for (const name of ['m1', 'm2', 'm3']) await ask('set', key(name), name, LIFE);
const many = await ask('getMulti', ['m1', 'm2', 'none', 'm3'].map(key));
seen['multi-get'] = Object.keys(many)
  .sort()
  .map((name) => many[name])
  .join(',');
seen['large value'] = (await yes('set', key('large'), large, LIFE)) && (await ask('get', key('large'))) === large;
seen['all byte values'] =
  (await yes('set', key('bytes'), allBytes, LIFE)) && allBytes.equals(await ask('get', key('bytes')));
seen['empty value'] = (await yes('set', key('empty'), '', LIFE)) ? await ask('get', key('empty')) : 'not stored';
await ask('set', key('object'), { basket: ['book'] }, LIFE);
seen['an object'] = JSON.stringify(await ask('get', key('object')));
await ask('set', key('brief'), 'here', 1);
seen['expiry'] = (await ask('get', key('brief'))) === 'here';
for (const until = Date.now() + 10_000; (await ask('get', key('brief'))) !== undefined;) {
  if (Date.now() > until) {
    seen['expiry'] = 'still there';
    break;
  }
  await setTimeout(20);
}
seen['version'] = (await ask('version'))[0]?.version;
seen['stats'] = 'curr_connections' in (await ask('stats'))[0];
seen['flush'] = (await ask('flush'))[0] === true && (await ask('get', key('b'))) === undefined;

process.stdout.write(`${JSON.stringify(seen, null, 1)}\n`);
for (const client of clients) client.end();
