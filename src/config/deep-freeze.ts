/**
 * Freezes a value and all that it is made of. Bytes stay as they are (JavaScript cannot freeze them), and so does what
 * a class keeps in private fields.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
