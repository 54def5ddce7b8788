import { nearest } from "@videoms/core";
import { deepFreeze } from "./deep_freeze.ts";

/** `defaults` with `given` on top; an unknown name is an error, since Deno runs unchecked types. */
function merge(defaults: object, given: object, where: string): Record<string, unknown> {
  const known = Object.keys(defaults);
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(defaults, key)) {
      throw new TypeError(
        `Cannot define a task: unknown field "${where}${key}"; ${nearest(key, known)}`,
      );
    }
  }
  const set = Object.entries(given).filter(([_, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(set) };
}

/**
 * A task: the given fields over its defaults, frozen.
 *
 * @param groups fields whose own fields are merged one by one; others are taken whole
 * @throws {TypeError} for an unknown field, naming the nearest known one
 */
export function mergeTask<Task extends object>(
  defaults: Task,
  groups: readonly (keyof Task & string)[],
  given: Readonly<Record<string, unknown>>,
): Task {
  const task = merge(defaults, given, "");
  for (const group of groups) {
    task[group] = merge(defaults[group] as object, given[group] ?? {}, `${group}.`);
  }
  // A copy, so that freezing reaches no object of the caller.
  return deepFreeze(structuredClone(task)) as unknown as Task;
}
