import type { FastifyTypeProvider } from 'fastify';

/*
 * JSON schemas, and the types of what they describe. A few lines of our own: the libraries that do this are made to be
 * programs in themselves, hundreds of modules and more memory than all of our parts together.
 */

declare const DESCRIBES: unique symbol;

/** Keywords of a JSON schema, the annotations of the API's document among them. */
export type Keywords = Readonly<Record<string, unknown>>;

/** A JSON schema; `T` is what passes it. */
export interface Schema<T = unknown> extends Keywords {
  readonly [DESCRIBES]?: T;
}

/** What a property may be left out for. */
export interface OptionalProperty<T = unknown> {
  readonly isOptional: true;
  readonly schema: Schema<T>;
}

type Properties = Readonly<Record<string, Schema | OptionalProperty>>;
type OptionalNames<P extends Properties> = { [N in keyof P]: P[N] extends OptionalProperty ? N : never }[keyof P];
type Described<P> = P extends OptionalProperty<infer T> ? T : P extends Schema<infer T> ? T : never;
type DescribedObject<P extends Properties> = {
  [N in Exclude<keyof P, OptionalNames<P>>]: Described<P[N]>;
} & { [N in OptionalNames<P>]?: Described<P[N]> };

/** Gives handlers what the schemas of their route say. */
export interface SchemaTypes extends FastifyTypeProvider {
  validator: this['schema'] extends Schema<infer T> ? T : unknown;
  serializer: unknown;
}

export function object<P extends Properties>(properties: P, keywords: Keywords = {}): Schema<DescribedObject<P>> {
  const entries = Object.entries(properties);
  const required = entries.filter(([, property]) => !isOptional(property)).map(([name]) => name);
  return {
    type: 'object',
    ...(required.length > 0 && { required }),
    properties: Object.fromEntries(
      entries.map(([name, property]) => [name, isOptional(property) ? property.schema : property]),
    ),
    ...keywords,
  };
}

export function optional<T>(schema: Schema<T>): OptionalProperty<T> {
  return { isOptional: true, schema };
}

export function string(keywords: Keywords = {}): Schema<string> {
  return { type: 'string', ...keywords };
}

export function integer(keywords: Keywords = {}): Schema<number> {
  return { type: 'integer', ...keywords };
}

export function number(keywords: Keywords = {}): Schema<number> {
  return { type: 'number', ...keywords };
}

/** One of these. */
export function oneOf<T>(values: readonly T[], keywords: Keywords = {}): Schema<T> {
  return { enum: values, ...keywords };
}

/** This and nothing else. */
export function only<T>(value: T, keywords: Keywords = {}): Schema<T> {
  return { type: typeof value, const: value, ...keywords };
}

/** No value: an answer without a body. */
export function nothing(keywords: Keywords = {}): Schema<null> {
  return { type: 'null', ...keywords };
}

export function arrayOf<T>(items: Schema<T>, keywords: Keywords = {}): Schema<readonly T[]> {
  return { type: 'array', items, ...keywords };
}

/** Whatever JSON can say. */
export function anything(keywords: Keywords = {}): Schema {
  return { ...keywords };
}

/** The schema that has this `$id`. */
export function reference(id: string, keywords: Keywords = {}): Schema {
  return { $ref: id, ...keywords };
}

function isOptional(property: Schema | OptionalProperty): property is OptionalProperty {
  return property.isOptional === true;
}
