import { type Descriptor, nearest, type PluginKind, type Registry } from "@videoms/core";
import { deepFreeze } from "./deep_freeze.ts";
import { describeRule, type FieldRule, fitsRule } from "./field_rule.ts";
import { fieldAt, withField } from "./task_fields.ts";
import { type AnyTask, TASK_KINDS } from "./task_kinds.ts";

/** A dotted path of a task and the text of its new value. */
export type Override = readonly [path: string, text: string];

/** The rules of a task's fields, by path. */
type Rules = Readonly<Record<string, FieldRule>>;

/** JSON of a text, or the text itself where it is none. */
function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The value that a text stands for under a rule; still to be checked against the rule. */
function parseValue(text: string, rule: FieldRule): unknown {
  if (text === "null" && "nullable" in rule) return null;
  if (rule.type === "text" || rule.type === "choice") return text;
  return jsonOrText(text);
}

/** The value of a plugin's option, by the type of its default. */
function parseOption(text: string, initial: unknown): unknown {
  return typeof initial === "string" ? text : jsonOrText(text);
}

/** The field of a plugin that a path names or leads into, and what comes after it. */
function pluginField(
  path: string,
  rules: Rules,
): { field: string; kind: PluginKind; rest: string } | null {
  for (const [field, rule] of Object.entries(rules)) {
    if (rule.type !== "plugin") continue;
    if (path === field || path.startsWith(`${field}.`)) {
      return { field, kind: rule.kind, rest: path.slice(field.length + 1) };
    }
  }
  return null;
}

/** Whether an override names a plugin, not an option of one. */
function switchesPlugin([path]: Override, rules: Rules): boolean {
  const plugin = pluginField(path, rules);
  return plugin !== null && (plugin.rest === "" || plugin.rest === "name");
}

/** Another plugin with its defaults; the plugin that is there already keeps its options. */
function switchPlugin(current: Descriptor, text: string, registry: Registry): Descriptor {
  const value = jsonOrText(text);
  if (typeof value === "object" && value !== null && "name" in value) {
    const { name, options } = value as { name: string; options?: Record<string, unknown> };
    return registry.describe({ kind: current.kind, name, options });
  }
  if (text === current.name) return registry.describe(current);
  return registry.describe({ kind: current.kind, name: text });
}

function overrideOption(
  current: Descriptor,
  option: string,
  text: string,
  registry: Registry,
): Descriptor {
  const { defaults } = registry.get(current.kind, current.name);
  const value = parseOption(text, defaults[option]);
  return registry.describe({ ...current, options: { ...current.options, [option]: value } });
}

function override<Task extends AnyTask>(
  task: Task,
  [path, text]: Override,
  rules: Rules,
  registry: Registry,
): Task {
  const plugin = pluginField(path, rules);
  if (plugin) {
    const current = fieldAt(task, plugin.field) as Descriptor;
    const next = switchesPlugin([path, text], rules)
      ? switchPlugin(current, text, registry)
      : overrideOption(current, plugin.rest.replace(/^options\./, ""), text, registry);
    return withField(task, plugin.field, next);
  }
  const rule = Object.hasOwn(rules, path) ? rules[path] : undefined;
  if (!rule) {
    throw new RangeError(
      `Cannot set "${path}": it is no field of the task; ${nearest(path, Object.keys(rules))}`,
    );
  }
  const value = parseValue(text, rule);
  if (!fitsRule(rule, value)) {
    throw new RangeError(`Cannot set ${path}: it must be ${describeRule(rule)}, got "${text}"`);
  }
  return withField(task, path, value);
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
 * @throws {RangeError} for an unknown path (naming the nearest), an unknown plugin, a value that the
 * field does not take
 * @throws {TypeError} for an unknown option of a plugin or an option of another type
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
  const rules = TASK_KINDS[task.kind].fields;
  const switches = overrides.filter((one) => switchesPlugin(one, rules));
  const rest = overrides.filter((one) => !switchesPlugin(one, rules));
  let result = task;
  for (const one of [...switches, ...rest]) result = override(result, one, rules, registry);
  return deepFreeze(structuredClone(result));
}
