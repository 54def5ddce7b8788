import type { Descriptor, Registry } from "@videoms/core";
import { valueAt } from "@videoms/core/plain";
import { deepFreeze } from "./field_table.ts";
import { type FieldPlace, noField, placeAt, pluginsFirst, withPlace } from "./set_field.ts";
import { type AnyTask, TASK_FIELDS } from "./task_kinds.ts";

/** A dotted path of a task and the text of its new value. */
export type Override = readonly [path: string, text: string];

/** JSON of a text, or the text itself where it is none. */
function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Another plugin with its defaults; the plugin that is there already keeps its options. */
function readPlugin(text: string, current: Descriptor, registry: Registry): Descriptor {
  if (text === current.name) return current;
  const value = jsonOrText(text);
  const { name, options } = typeof value === "object" && value !== null && "name" in value
    ? value as Descriptor
    : { name: text, options: undefined };
  return registry.describe({ kind: current.kind, name, options });
}

/** The value that a text stands for at a place of a task. */
function readText(
  text: string,
  task: AnyTask,
  { field, option }: FieldPlace,
  registry: Registry,
): unknown {
  const { type, fits } = TASK_FIELDS[task.kind][field];
  const current = valueAt(task, field) as Descriptor;
  if (option !== null) {
    const { [option]: initial } = registry.get(current.kind, current.name).defaults;
    return typeof initial === "string" ? text : jsonOrText(text);
  }
  if (type === "plugin") return readPlugin(text, current, registry);
  if (text === "null" && fits(null)) return null;
  return ["text", "path", "weights", "choice"].includes(type) ? text : jsonOrText(text);
}

/**
 * A task with fields set from texts, as a command line gives them.
 *
 * A text is read by the type of its field: a number, `true` or `false`, text, `null` where the field
 * takes it, JSON for lists. A plugin is switched by its name (`masking` = `tube`) and then starts from
 * that plugin's defaults; naming the plugin that is there already keeps its options. An option is
 * set as `masking.maskRatio` (or `masking.options.maskRatio`). Plugins are switched before any option is
 * set, whatever the order; apart from that a later override wins.
 *
 * @param registry the plugins that may be named
 * @throws {TypeError} for an unknown path (naming the nearest), an unknown option of a plugin or an option
 * of another type
 * @throws {RangeError} for an unknown plugin, a value that the field does not take
 * @example
 * ```ts
 * import { createRegistry, pluginsOf } from "@videoms/core";
 * import { applyOverrides, definePretrain } from "@videoms/tasks";
 * import * as masking from "@videoms/masking";
 *
 * const registry = createRegistry(pluginsOf(masking));
 * const task = applyOverrides(
 *   definePretrain(),
 *   [["masking", "tube"], ["masking.maskRatio", "0.75"], ["optimizer.lr", "3e-4"]],
 *   registry,
 * );
 * console.assert(task.masking.options.maskRatio === 0.75 && task.optimizer.lr === 3e-4);
 * ```
 */
export function applyOverrides<Task extends AnyTask>(
  task: Task,
  overrides: readonly Override[],
  registry: Registry,
): Task {
  const fields = TASK_FIELDS[task.kind];
  const found = overrides.map(([path, text]) => {
    const place = placeAt(fields, path);
    if (!place) throw noField("set", path, Object.keys(fields));
    return { place: place.option === "name" ? { ...place, option: null } : place, text };
  });
  let result = task;
  for (const { place, text } of pluginsFirst(found)) {
    const value = readText(text, result, place, registry);
    result = withPlace(result, place, value, registry, `set ${place.field}`);
  }
  return deepFreeze(structuredClone(result));
}
