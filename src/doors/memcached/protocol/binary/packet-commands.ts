import type { Arithmetic, MemcachedCommand, MemcachedStoreMode } from '../command.ts';
import type { Packet } from './packet.ts';

/*
 * What each packet asks for. The form of the packet has been checked: extras, key and value are as long as they must be.
 */

export type ToCommand = (packet: Packet) => MemcachedCommand;

/** With this exptime, incr and decr do not create what is missing. */
const DO_NOT_CREATE = 0xffff_ffff;

export const noop: ToCommand = () => ({ kind: 'noop' });
export const version: ToCommand = () => ({ kind: 'version' });
export const quit: ToCommand = () => ({ kind: 'quit' });
export const saslList: ToCommand = () => ({ kind: 'sasl-list' });

export const read: ToCommand = ({ key }) => readOf(key, undefined);

export const getAndTouch: ToCommand = ({ key, extras }) => readOf(key, extras.readUInt32BE(0));

function readOf(key: string, exptime: number | undefined): MemcachedCommand {
  return { kind: 'read', key, touch: exptime, vivify: undefined, recache: undefined, isPeek: false };
}

/** set, add, replace: extras are flags and exptime. A cas makes a compare-and-set of each, as in memcached. */
export function store(mode: MemcachedStoreMode): ToCommand {
  return (packet) => {
    const cas = casOf(packet);
    return {
      kind: 'store',
      mode: cas === undefined ? mode : 'cas',
      key: packet.key,
      flags: packet.extras.readUInt32BE(0),
      exptime: packet.extras.readUInt32BE(4),
      cas,
      isInvalidating: false,
      value: packet.value,
    };
  };
}

export function concatenation(mode: 'append' | 'prepend'): ToCommand {
  return (packet) => ({
    kind: 'store',
    mode,
    key: packet.key,
    flags: 0,
    exptime: 0,
    cas: casOf(packet),
    isInvalidating: false,
    value: packet.value,
  });
}

export const remove: ToCommand = (packet) => ({ kind: 'delete', key: packet.key, cas: casOf(packet) });

/** Extras: delta, initial value, exptime. */
export function arithmetic(direction: Arithmetic['direction']): ToCommand {
  return (packet) => {
    const exptime = packet.extras.readUInt32BE(16);
    return {
      kind: 'arithmetic',
      direction,
      key: packet.key,
      delta: packet.extras.readBigUInt64BE(0),
      initial: exptime === DO_NOT_CREATE ? undefined : { value: packet.extras.readBigUInt64BE(8), exptime },
      touch: undefined,
      cas: casOf(packet),
    };
  };
}

export const touch: ToCommand = ({ key, extras }) => ({ kind: 'touch', key, exptime: extras.readUInt32BE(0) });

export const flushAll: ToCommand = ({ extras }) => ({
  kind: 'flush-all',
  exptime: extras.length === 0 ? 0 : extras.readUInt32BE(0),
});

export const stats: ToCommand = ({ key }) => ({ kind: 'stats', argument: key });

export const verbosity: ToCommand = ({ extras }) => ({ kind: 'verbosity', level: extras.readUInt32BE(0) });

export function sasl(kind: 'sasl-start' | 'sasl-step'): ToCommand {
  return ({ key, value }) => ({ kind, mechanism: key, credentials: value });
}

function casOf({ header }: Packet): number | undefined {
  return header.cas === 0 ? undefined : header.cas;
}
