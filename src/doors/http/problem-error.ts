import { MagliaError } from '../../errors.ts';
import type { Problem, ProblemCode } from './problems.ts';

/** A request that cannot be carried out as it came. Answered as the problem that it carries. */
export class ProblemError extends MagliaError {
  readonly code: ProblemCode;
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.message, options);
    this.code = problem.code;
    this.problem = problem;
  }
}

/** INVALID_REQUEST about one field, header or parameter, named as the client wrote it. */
export function invalid(field: string, complaint: string, limits?: { readonly most: number }): ProblemError {
  const details = { field, ...limits };
  return new ProblemError({ code: 'INVALID_REQUEST', message: `${field}: ${complaint}`, details });
}
