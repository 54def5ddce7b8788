import { type Descriptor, type Json, nearest } from "@videoms/core";
import { flattenFields } from "@videoms/core/plain";
import type { Field } from "./field.ts";

/** A value that fields are made of; everything else in a task is a group of fields. */
export type FieldValue = Json | Descriptor | readonly number[];

/** The fields of a task, in groups as the task has them; a missing or other field is a compile error. */
export type FieldTable<T> = {
  readonly [Key in keyof T]: T[Key] extends FieldValue ? Field<T[Key]> : FieldTable<T[Key]>;
};

/** The fields of what has no groups. */
export type FlatTable<T> = { readonly [Key in keyof T]: Field<T[Key]> };

/** Some of a task's fields, as a task file gives them. */
export type Given<T> = {
  [Key in keyof T]?: T[Key] extends FieldValue ? T[Key] : Partial<T[Key]>;
};

/** The dotted paths of a task's fields. */
export type FieldPath<T, Prefix extends string = ""> = {
  [Key in keyof T & string]: T[Key] extends FieldValue ? `${Prefix}${Key}`
    : FieldPath<T[Key], `${Prefix}${Key}.`>;
}[keyof T & string];

/** The fields of a task by dotted path. */
export type FieldsByPath = Readonly<Record<string, Field>>;

function isField(value: unknown): value is Field {
  return typeof value === "object" && value !== null && "fits" in value;
}

/** The fields of a table by dotted path, in its order. */
export function fieldsByPath(table: object): FieldsByPath {
  return Object.fromEntries(flattenFields(table, isField)) as FieldsByPath;
}

/** `given` over the defaults of a table, with `make` of each field and its value. */
function merge(
  table: object,
  given: object,
  make: (field: Field, value: unknown) => unknown,
  where = "",
): Record<string, unknown> {
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(table, key)) continue;
    throw new TypeError(
      `Cannot load a task: unknown field "${where}${key}"; ${nearest(key, Object.keys(table))}`,
    );
  }
  return Object.fromEntries(
    Object.entries(table).map(([key, inner]) => {
      const value = (given as Record<string, unknown>)[key];
      if (isField(inner)) return [key, make(inner, value === undefined ? inner.default : value)];
      return [key, merge(inner, value ?? {}, make, `${where}${key}.`)];
    }),
  );
}

/** A table with other defaults. */
export function withDefaults<T>(table: FieldTable<T>, defaults: Given<T>): FieldTable<T> {
  return merge(table, defaults, (field, value) => ({ ...field, default: value })) as FieldTable<T>;
}

/** Freezes plain data all the way down, so that nothing changes a task after it was checked; gives it back. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.values(Object.freeze(value)).forEach(deepFreeze);
  }
  return value;
}

/**
 * A task: the given fields over the defaults of its table, frozen. Types of a task file may be unchecked, so
 * names are checked here.
 *
 * @throws {TypeError} for an unknown field, naming the nearest known one
 */
export function defineTask<T>(
  table: FieldTable<T> | FlatTable<T>,
  given: Given<T> | Partial<T>,
): T {
  // A copy, so that freezing reaches no object of the caller.
  return deepFreeze(structuredClone(merge(table, given, (_, value) => value))) as T;
}
