import { describe, expect, test } from 'vitest';
import { PROBLEMS, type ProblemKind } from '../../../../src/doors/http/problems.ts';
import { Door } from './door.ts';

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly tags?: string[];
  readonly parameters?: { readonly in: string; readonly name: string; readonly required?: boolean }[];
  readonly requestBody?: { readonly required: boolean; readonly content: Record<string, { readonly schema: object }> };
  readonly responses: Record<string, { readonly description: string; readonly content?: Record<string, object> }>;
}

interface ApiDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: {
    readonly schemas: { readonly Problem: { readonly properties: { readonly code: { readonly enum: string[] } } } };
    readonly securitySchemes: Record<string, object>;
  };
}

async function readDocument(): Promise<{ door: Door; document: ApiDocument; text: string }> {
  const door = new Door();
  const { body, text } = await door.ask({ method: 'GET', url: '/openapi.json' });
  return { door, document: body as ApiDocument, text };
}

function operationsOf(document: ApiDocument): [string, Operation][] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );
}

/** `GET /v1/sessions/{id}` for each route of the app, HEAD left out: it is the GET without its body. */
function registeredRoutes(door: Door): string[] {
  const prefixes: string[] = [];
  const routes: string[] = [];
  for (const line of door.app.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent, path, methods] = /^(.*?[├└]── )(\S+) \((.+)\)$/.exec(line) ?? [];
    if (indent === undefined || path === undefined || methods === undefined) continue;
    const depth = indent.length / 4 - 1;
    prefixes.splice(depth, prefixes.length, path);
    const url = prefixes.join('').replace(':id', '{id}');
    routes.push(...methods.split(', ').map((method) => `${method} ${url}`));
  }
  return routes.filter((route) => !route.startsWith('HEAD '));
}

describe('/openapi.json', () => {
  test('has every route that is registered, and no other', async () => {
    const { door, document } = await readDocument();
    const documented = operationsOf(document).map(([name]) => name);
    expect(documented.sort()).toEqual(registeredRoutes(door).sort());
    expect(documented).toHaveLength(16);
  });

  test('has what an OpenAPI 3.1 document must have', async () => {
    const { document } = await readDocument();
    expect(document.openapi).toBe('3.1.0');
    expect(document.info.title).toBe('maglia');
    expect(document.info.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(document.components.securitySchemes).toEqual({ bearer: { type: 'http', scheme: 'bearer' } });

    const ids = new Set<string>();
    for (const [name, operation] of operationsOf(document)) {
      expect(operation.operationId, name).toBeTypeOf('string');
      expect(operation.summary, name).toBeTypeOf('string');
      expect(operation.tags, name).toHaveLength(1);
      ids.add(operation.operationId ?? '');
      const inPath = operation.parameters?.filter((parameter) => parameter.in === 'path') ?? [];
      expect(inPath.map((parameter) => [parameter.name, parameter.required])).toEqual(
        name.includes('{id}') ? [['id', true]] : [],
      );
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(status, name).toMatch(/^[2-5]\d\d$/);
        expect(response.description, `${name} ${status}`).not.toBe('Default Response');
        const hasBody = status !== '204' && status !== '304';
        expect(Object.keys(response.content ?? {}).length, `${name} ${status}`).toBe(hasBody ? 1 : 0);
      }
    }
    expect(ids.size).toBe(operationsOf(document).length);
  });

  test('refers only to what it has', async () => {
    const { document, text } = await readDocument();
    const references = new Set([...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference));
    expect([...references]).toEqual(['#/components/schemas/Problem']);
    expect(document.components.schemas).toHaveProperty('Problem');
    expect(text).not.toContain('x-optional-body');
    expect(text).not.toContain('"~');
  });

  test('documents every code, and each error status by its codes', async () => {
    const { document, text } = await readDocument();
    expect(document.components.schemas.Problem.properties.code.enum).toEqual(Object.keys(PROBLEMS));
    const problems: Record<string, ProblemKind> = PROBLEMS;
    for (const [code, { status }] of Object.entries(problems)) expect(text).toContain(`\`${code}\` (${status})`);
    for (const [name, operation] of operationsOf(document)) {
      for (const [status, response] of Object.entries(operation.responses).filter(([status]) => status >= '400')) {
        const codes = [...response.description.matchAll(/`([A-Z_]+)`: /g)].map(([, code]) => code ?? '');
        expect(codes.length, `${name} ${status}`).toBeGreaterThan(0);
        for (const code of codes) expect(problems[code]?.status, `${name} ${code}`).toBe(Number(status));
      }
    }
  });

  test('says which bodies may be left out, and in which types they may come', async () => {
    const { document } = await readDocument();
    const bodies = operationsOf(document).flatMap(([name, { requestBody }]) =>
      requestBody === undefined ? [] : [[name, requestBody.required, Object.keys(requestBody.content)]],
    );
    expect(bodies.sort()).toEqual([
      ['PATCH /v1/sessions/{id}', true, ['application/json', 'application/merge-patch+json']],
      ['POST /v1/sessions', false, ['application/json']],
      ['POST /v1/sessions/open', false, ['application/json']],
      ['POST /v1/sessions/{id}/rotate', false, ['application/json']],
      ['POST /v1/sessions/{id}/touch', false, ['application/json']],
      ['POST /v1/sessions/{id}/unlock', true, ['application/json']],
      ['PUT /v1/sessions/{id}', true, ['application/json']],
      ['PUT /v1/sessions/{id}/data', true, ['*/*']],
    ]);
  });
});
