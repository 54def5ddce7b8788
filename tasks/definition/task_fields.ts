import type { FieldRule } from "./field_rule.ts";

type Group = Record<string, unknown>;

/** Whether a value is a group of fields or a descriptor, not a value of its own. */
function isGroup(value: unknown): value is Group {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at a dotted path of a task; undefined where there is none. */
export function fieldAt(task: object, path: string): unknown {
  let value: unknown = task;
  for (const key of path.split(".")) {
    if (!isGroup(value)) return undefined;
    value = Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}

/** A copy of a task with another value at a dotted path; the groups on the way must exist. */
export function withField<T extends object>(task: T, path: string, value: unknown): T {
  const [key, ...rest] = path.split(".");
  const group = task as Group;
  const inner = rest.length === 0 ? value : withField(group[key] as Group, rest.join("."), value);
  return { ...group, [key]: inner } as T;
}

/** Paths of everything in a task that has no rule. */
export function unknownFields(
  task: object,
  rules: Readonly<Record<string, FieldRule>>,
  prefix = "",
): string[] {
  return Object.entries(task).flatMap(([key, value]) => {
    const path = prefix + key;
    if (Object.hasOwn(rules, path)) return [];
    const hasFields = Object.keys(rules).some((known) => known.startsWith(`${path}.`));
    return hasFields && isGroup(value) ? unknownFields(value, rules, `${path}.`) : [path];
  });
}
