import type { BenchContext } from '../bench-context.ts';
import { LoadGenerator } from './load-generator.ts';

export function startLoadGenerator({ cleanup }: Pick<BenchContext, 'cleanup'>): LoadGenerator {
  const generator = new LoadGenerator();
  cleanup.add(() => generator.close());
  return generator;
}
