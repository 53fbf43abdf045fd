import type { BinarySilence } from '../reply-shape.ts';
import { OPCODES } from './opcodes.ts';
import {
  arithmetic,
  concatenation,
  flushAll,
  getAndTouch,
  noop,
  quit,
  read,
  remove,
  sasl,
  saslList,
  stats,
  store,
  touch,
  verbosity,
  version,
  type ToCommand,
} from './packet-commands.ts';

/** What a packet of an opcode is made of, what it asks for, and what it does not want to hear. */
export interface PacketForm {
  /** The lengths that its extras may have. */
  readonly extrasBytes: readonly number[];
  readonly key: 'none' | 'optional' | 'required' | 'sought';
  /** `item`: as long as an item may be; `credentials`: as long as a line may be. */
  readonly value: 'none' | 'item' | 'credentials';
  readonly silence: BinarySilence;
  /** Whether the key comes back with a hit or a miss. */
  readonly isKeyReturned: boolean;
  readonly toCommand: ToCommand;
}

const BARE = { extrasBytes: [0], key: 'none', value: 'none', silence: 'nothing', isKeyReturned: false } as const;
const KEYED = { ...BARE, key: 'required' } as const;
/** Nothing is stored under the key: it may be one that there cannot be. */
const SEEKING = { ...BARE, key: 'sought' } as const;

const GET: PacketForm = { ...SEEKING, toCommand: read };
const GAT: PacketForm = { ...SEEKING, extrasBytes: [4], toCommand: getAndTouch };
const STORE = { ...KEYED, extrasBytes: [8], value: 'item' } as const;
const SET: PacketForm = { ...STORE, toCommand: store('set') };
const ADD: PacketForm = { ...STORE, toCommand: store('add') };
const REPLACE: PacketForm = { ...STORE, toCommand: store('replace') };
const APPEND: PacketForm = { ...KEYED, value: 'item', toCommand: concatenation('append') };
const PREPEND: PacketForm = { ...KEYED, value: 'item', toCommand: concatenation('prepend') };
const DELETE: PacketForm = { ...SEEKING, toCommand: remove };
const INCREMENT: PacketForm = { ...KEYED, extrasBytes: [20], toCommand: arithmetic('incr') };
const DECREMENT: PacketForm = { ...KEYED, extrasBytes: [20], toCommand: arithmetic('decr') };
const FLUSH: PacketForm = { ...BARE, extrasBytes: [0, 4], toCommand: flushAll };
const QUIT: PacketForm = { ...BARE, toCommand: quit };

function withKey(form: PacketForm): PacketForm {
  return { ...form, isKeyReturned: true };
}

/** Quiet reads do not hear of misses, everything else quiet not of success. Errors are always told. */
function quietRead(form: PacketForm): PacketForm {
  return { ...form, silence: 'misses' };
}

function quiet(form: PacketForm): PacketForm {
  return { ...form, silence: 'successes' };
}

const FORMS: ReadonlyMap<number, PacketForm> = new Map([
  [OPCODES.get, GET],
  [OPCODES.getQ, quietRead(GET)],
  [OPCODES.getK, withKey(GET)],
  [OPCODES.getKQ, quietRead(withKey(GET))],
  [OPCODES.gat, GAT],
  [OPCODES.gatQ, quietRead(GAT)],
  [OPCODES.gatK, withKey(GAT)],
  [OPCODES.gatKQ, quietRead(withKey(GAT))],
  [OPCODES.set, SET],
  [OPCODES.setQ, quiet(SET)],
  [OPCODES.add, ADD],
  [OPCODES.addQ, quiet(ADD)],
  [OPCODES.replace, REPLACE],
  [OPCODES.replaceQ, quiet(REPLACE)],
  [OPCODES.append, APPEND],
  [OPCODES.appendQ, quiet(APPEND)],
  [OPCODES.prepend, PREPEND],
  [OPCODES.prependQ, quiet(PREPEND)],
  [OPCODES.delete, DELETE],
  [OPCODES.deleteQ, quiet(DELETE)],
  [OPCODES.increment, INCREMENT],
  [OPCODES.incrementQ, quiet(INCREMENT)],
  [OPCODES.decrement, DECREMENT],
  [OPCODES.decrementQ, quiet(DECREMENT)],
  [OPCODES.touch, { ...SEEKING, extrasBytes: [4], toCommand: touch }],
  [OPCODES.flush, FLUSH],
  [OPCODES.flushQ, quiet(FLUSH)],
  [OPCODES.quit, QUIT],
  [OPCODES.quitQ, quiet(QUIT)],
  [OPCODES.noop, { ...BARE, toCommand: noop }],
  [OPCODES.version, { ...BARE, toCommand: version }],
  [OPCODES.stat, { ...BARE, key: 'optional', toCommand: stats }],
  [OPCODES.verbosity, { ...BARE, extrasBytes: [4], toCommand: verbosity }],
  [OPCODES.saslListMechanisms, { ...BARE, toCommand: saslList }],
  [OPCODES.saslAuth, { ...KEYED, value: 'credentials', toCommand: sasl('sasl-start') }],
  [OPCODES.saslStep, { ...KEYED, value: 'credentials', toCommand: sasl('sasl-step') }],
] satisfies readonly (readonly [number, PacketForm])[]);

/** The form of an opcode's packets; undefined where memcached 1.6.18 does not know the opcode either. */
export function formOf(opcode: number): PacketForm | undefined {
  return FORMS.get(opcode);
}
