import type { MemcachedCommand, MemcachedRead } from '../../src/doors/memcached/protocol/command.ts';
import { arithmeticExtras, binaryRequest, numberExtras, storeExtras } from './binary-request.ts';

export type TextCommand = Exclude<
  MemcachedCommand,
  { readonly kind: 'inspect' | 'mark-stale' | 'noop' | 'oversized' | 'sasl-list' | 'sasl-start' | 'sasl-step' }
>;
export type MetaCommand = Extract<
  MemcachedCommand,
  { readonly kind: 'read' | 'store' | 'delete' | 'mark-stale' | 'arithmetic' | 'inspect' | 'noop' }
>;
export type BinaryCommand = Exclude<MemcachedCommand, { readonly kind: 'inspect' | 'mark-stale' | 'oversized' }>;

/** What a client of the text protocol sends for a command. */
export function writeText(command: TextCommand): Buffer {
  switch (command.kind) {
    case 'read':
      return writeTextReads([command]);
    case 'store': {
      const { mode, key, flags, exptime, value } = command;
      const cas = mode === 'cas' ? ` ${command.cas ?? 0}` : '';
      return withValue(`${mode} ${key} ${flags} ${exptime} ${value.length}${cas}`, value);
    }
    case 'delete':
      return line(`delete ${command.key}`);
    case 'arithmetic':
      return line(`${command.direction} ${command.key} ${command.delta}`);
    case 'touch':
      return line(`touch ${command.key} ${command.exptime}`);
    case 'flush-all':
      return line(command.exptime === 0 ? 'flush_all' : `flush_all ${command.exptime}`);
    case 'stats':
      return line(`stats ${command.argument}`);
    case 'verbosity':
      return line(`verbosity ${command.level}`);
    case 'version':
    case 'quit':
      return line(command.kind);
  }
}

export function writeTextReads(reads: readonly MemcachedRead[]): Buffer {
  const touch = reads[0]?.touch;
  const keys = reads.map(({ key }) => key).join(' ');
  return line(touch === undefined ? `gets ${keys}` : `gats ${touch} ${keys}`);
}

const MODE_LETTERS = { set: 'S', cas: 'S', add: 'E', append: 'A', prepend: 'P', replace: 'R' } as const;

/**
 * The same for the meta protocol. `flags` are further ones, that say what to return. memcached heeds the order of flags:
 * t after T tells of the new life, and N after T decides about that of a new item.
 */
export function writeMeta(command: MetaCommand, flags: readonly string[] = []): Buffer {
  switch (command.kind) {
    case 'read':
      return metaLine('mg', command.key, [
        ...token('T', command.touch),
        ...token('N', command.vivify),
        ...token('R', command.recache),
        ...(command.isPeek ? ['u'] : []),
        ...flags,
      ]);
    case 'store': {
      const { mode, key, value } = command;
      const words = [
        ...flags,
        `F${command.flags}`,
        `T${command.exptime}`,
        `M${MODE_LETTERS[mode]}`,
        ...token('C', command.cas),
        ...(command.isInvalidating ? ['I'] : []),
      ];
      return withValue(`ms ${key} ${value.length} ${words.join(' ')}`, value);
    }
    case 'delete':
      return metaLine('md', command.key, [...flags, ...token('C', command.cas)]);
    case 'mark-stale':
      return metaLine('md', command.key, [...flags, 'I', ...token('T', command.exptime), ...token('C', command.cas)]);
    case 'arithmetic':
      return metaLine('ma', command.key, [
        `M${command.direction === 'incr' ? 'I' : 'D'}`,
        `D${command.delta}`,
        ...token('T', command.touch),
        ...token('N', command.initial?.exptime),
        ...token('J', command.initial?.value),
        ...token('C', command.cas),
        ...flags,
      ]);
    case 'inspect':
      return metaLine('me', command.key, flags);
    case 'noop':
      return line('mn');
  }
}

const STORE_OPCODES = { set: 'set', cas: 'set', add: 'add', replace: 'replace' } as const;
const QUIET = { loud: '', quiet: 'Q' } as const;

/** The same for the binary protocol. */
export function writeBinary(command: BinaryCommand, volume: keyof typeof QUIET = 'loud'): Buffer {
  const q = QUIET[volume];
  switch (command.kind) {
    case 'read': {
      const { key, touch } = command;
      return touch === undefined
        ? binaryRequest(`get${q}`, { key })
        : binaryRequest(`gat${q}`, { key, extras: numberExtras(touch) });
    }
    case 'store': {
      const { mode, key, value, cas = 0 } = command;
      if (mode === 'append' || mode === 'prepend') return binaryRequest(`${mode}${q}`, { key, value, cas });
      const extras = storeExtras(command.flags, command.exptime);
      return binaryRequest(`${STORE_OPCODES[mode]}${q}`, { key, value, cas, extras });
    }
    case 'delete':
      return binaryRequest(`delete${q}`, { key: command.key, cas: command.cas ?? 0 });
    case 'arithmetic': {
      const { key, direction, delta, initial, cas = 0 } = command;
      const extras = arithmeticExtras(delta, initial?.value ?? 0n, initial?.exptime ?? 0xffff_ffff);
      return binaryRequest(direction === 'incr' ? `increment${q}` : `decrement${q}`, { key, extras, cas });
    }
    case 'touch':
      return binaryRequest('touch', { key: command.key, extras: numberExtras(command.exptime) });
    case 'flush-all':
      return binaryRequest(`flush${q}`, { extras: numberExtras(command.exptime) });
    case 'stats':
      return binaryRequest('stat', { key: command.argument });
    case 'verbosity':
      return binaryRequest('verbosity', { extras: numberExtras(command.level) });
    case 'noop':
    case 'version':
      return binaryRequest(command.kind);
    case 'quit':
      return binaryRequest(`quit${q}`);
    case 'sasl-list':
      return binaryRequest('saslListMechanisms');
    case 'sasl-start':
      return binaryRequest('saslAuth', { key: command.mechanism, value: command.credentials });
    case 'sasl-step':
      return binaryRequest('saslStep', { key: command.mechanism, value: command.credentials });
  }
}

function metaLine(word: string, key: string, flags: readonly string[]): Buffer {
  return line([word, key, ...flags].join(' '));
}

function token(letter: string, value: number | bigint | undefined): string[] {
  return value === undefined ? [] : [`${letter}${value}`];
}

function line(text: string): Buffer {
  return Buffer.from(`${text}\r\n`, 'latin1');
}

function withValue(text: string, value: Buffer): Buffer {
  return Buffer.concat([line(text), value, Buffer.from('\r\n')]);
}
