import { type Descriptor, nearest, type Registry } from "@videoms/core";
import { valueAt, withValue } from "@videoms/core/plain";
import { showValue } from "./field.ts";
import type { FieldsByPath } from "./field_table.ts";
import { type AnyTask, TASK_FIELDS } from "./task_kinds.ts";

/** A place in a task: a field, or an option of the plugin that a field names. */
export interface FieldPlace {
  /** Dotted path of the field. */
  readonly field: string;
  /** Name of the option; null where the field itself is meant. */
  readonly option: string | null;
}

/** The place that a path names; null if there is none. */
export function placeAt(fields: FieldsByPath, path: string): FieldPlace | null {
  if (Object.hasOwn(fields, path)) return { field: path, option: null };
  const field = Object.keys(fields).find((one) =>
    fields[one].type === "plugin" && path.startsWith(`${one}.`)
  );
  if (field === undefined) return null;
  return { field, option: path.slice(field.length + 1).replace(/^options\./, "") };
}

/** Sets one place of a task; `path` is what messages call it. */
export function withPlace<Task extends AnyTask>(
  task: Task,
  { field, option }: FieldPlace,
  value: unknown,
  registry: Registry,
  act: string,
): Task {
  const { type, rule, fits } = TASK_FIELDS[task.kind][field];
  if (option !== null) {
    const current = valueAt(task, field) as Descriptor;
    const options = { ...current.options, [option]: value };
    return withValue(task, field, registry.describe({ ...current, options }));
  }
  if (!fits(value)) {
    throw new RangeError(`Cannot ${act}: it must be ${rule}, got ${showValue(value)}`);
  }
  const whole = type === "plugin" ? registry.describe(value as Descriptor) : value;
  return withValue(task, field, whole);
}

export function noField(act: string, path: string, known: readonly string[]): TypeError {
  return new TypeError(
    `Cannot ${act} "${path}": it must be a field of the task; ${nearest(path, known)}`,
  );
}

/** Plugins before their options, whatever the order that they were given in. */
export function pluginsFirst<One extends { place: FieldPlace }>(all: readonly One[]): One[] {
  return all.toSorted((a, b) => Number(a.place.option !== null) - Number(b.place.option !== null));
}
