/** The same object without the keys that are undefined, so that an optional field is either there or not. */
export function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const there: { [K in keyof T]?: Exclude<T[K], undefined> } = {};
  for (const key in fields) {
    const value = fields[key];
    if (value !== undefined) there[key] = value as Exclude<T[typeof key], undefined>;
  }
  return there;
}
