import { MagliaError } from '../errors.ts';

/** The HTTP door cannot listen where it was told to. */
export class ListenError extends MagliaError {
  readonly code = 'HTTP_LISTEN';
}
