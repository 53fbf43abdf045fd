import { MagliaError } from '../errors.ts';

/** A door cannot listen where it was told to. */
export class ListenError extends MagliaError {
  readonly code = 'LISTEN';
}
