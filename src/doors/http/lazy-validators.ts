import ajvCompiler from '@fastify/ajv-compiler';
import type { FastifySchema, FastifySchemaCompiler } from 'fastify';

type Check = ReturnType<FastifySchemaCompiler<FastifySchema>>;

const buildAjv = ajvCompiler();

/** What comes in is checked and never changed. */
const STRICT = { removeAdditional: false, coerceTypes: false, useDefaults: false } as const;

/**
 * Compiles the check of a schema when the first request comes that needs it: most nodes never see most calls, and all
 * checks together take more memory than all routes.
 */
export function lazyValidators(): FastifySchemaCompiler<FastifySchema> {
  let compile: ReturnType<typeof buildAjv> | undefined;
  return (route) => {
    let validate: ReturnType<ReturnType<typeof buildAjv>> | undefined;
    const check: Check = (data: unknown) => {
      compile ??= buildAjv({}, { customOptions: STRICT });
      validate ??= compile(route);
      const isValid = validate(data) === true;
      check.errors = validate.errors ?? null;
      return isValid;
    };
    return check;
  };
}
