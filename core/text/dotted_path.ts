type Group = Record<string, unknown>;

/** Whether a value is an object with fields of its own; lists are values. */
function isGroup(value: unknown): value is Group {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at a dotted path; undefined where there is none. */
export function valueAt(object: object, path: string): unknown {
  return path.split(".").reduce<unknown>(
    (value, key) => isGroup(value) && Object.hasOwn(value, key) ? value[key] : undefined,
    object,
  );
}

/** A copy with another value at a dotted path; the groups on the way must exist. */
export function withValue<T extends object>(object: T, path: string, value: unknown): T {
  const [key, ...rest] = path.split(".");
  const group = object as Group;
  const inner = rest.length === 0 ? value : withValue(group[key] as Group, rest.join("."), value);
  return { ...group, [key]: inner } as T;
}

/**
 * The values of plain data by dotted path.
 *
 * @param isValue objects that are taken whole, by themselves or their path
 */
export function flattenFields(
  object: object,
  isValue: (value: unknown, path: string) => boolean = () => false,
  prefix = "",
): [path: string, value: unknown][] {
  return Object.entries(object).flatMap(([key, value]) => {
    const path = prefix + key;
    return isGroup(value) && !isValue(value, path)
      ? flattenFields(value, isValue, `${path}.`)
      : [[path, value]];
  });
}
