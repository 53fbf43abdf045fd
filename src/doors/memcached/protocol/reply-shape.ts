/*
 * How a command wants to be answered. Made by the decoders, read by the encoders, opaque to everybody between them.
 */
export type ReplyShape = LineShape | SilentShape | ValuesShape | MetaShape | BinaryShape;

/** Text: one line, or the lines of `stats`. */
export interface LineShape {
  readonly protocol: 'text';
  readonly answer: 'line';
}

/** Text: no answer whatever happens, as `noreply` and `quit` want it. */
export interface SilentShape {
  readonly protocol: 'text';
  readonly answer: 'nothing';
}

/** Text: VALUE for each hit, in the order of the keys, then END. */
export interface ValuesShape {
  readonly protocol: 'text';
  readonly answer: 'values';
  readonly keys: readonly string[];
  readonly hasCas: boolean;
}

export type MetaWord = 'mg' | 'ms' | 'md' | 'ma' | 'me' | 'mn';

/** Meta: a return code with the flags that were asked for. */
export interface MetaShape {
  readonly protocol: 'meta';
  readonly word: MetaWord;
  /** The flags to return, one letter each, in the order of the request. */
  readonly returns: string;
  /** The key as it stood in the request: base64 where `isEncodedKey`. */
  readonly key: string;
  readonly isEncodedKey: boolean;
  /** With its O; '' for none. */
  readonly opaque: string;
  readonly hasValue: boolean;
  readonly isQuiet: boolean;
}

/** Binary: a packet. */
export interface BinaryShape {
  readonly protocol: 'binary';
  readonly opcode: number;
  readonly opaque: number;
  /** The key to send back with a hit or a miss; '' for none. */
  readonly key: string;
  readonly silence: BinarySilence;
}

/** What a quiet packet does not want to hear of. */
export type BinarySilence = 'nothing' | 'misses' | 'successes';

export const LINE: LineShape = { protocol: 'text', answer: 'line' };
export const SILENT: SilentShape = { protocol: 'text', answer: 'nothing' };
