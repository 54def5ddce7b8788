import { dirname, isAbsolute, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Descriptor, Json, PluginKind, Registry } from "@videoms/core";
import type { AblateTask } from "./ablate_task.ts";
import type { Override } from "./apply_overrides.ts";
import { valueAt, withValue } from "@videoms/core/plain";
import { deepFreeze } from "./field_table.ts";
import { isAddress, isHubName, moduleAddress } from "@videoms/data/files";
import { changedField, FROM_SCRATCH, type TaskChange } from "./task_change.ts";
import { ALL_FIELDS, type AnyTask } from "./task_kinds.ts";

/** Looks a path up: gives what the process can use. */
export type LookUpPath = (path: string) => string;

/** Fields that are paths, in any kind of task, beside the paths among the options of data sets and loggers. */
const PATH_FIELDS = new Map(
  ALL_FIELDS.map(([path, { type }]) => [path, type] as const)
    .filter(([, type]) => type === "path" || type === "weights"),
);

const DATASET = "data.dataset";

/** Fields whose plugins have paths among their options, and the kinds of these. */
const WITH_PATHS: Readonly<Record<string, PluginKind>> = { [DATASET]: "dataset", logger: "logger" };

/**
 * Looks up the paths of a task file, which start at its folder. What lies below the working folder stays
 * relative, so that a checkout can be moved with its runs. A file of another machine has no folder here.
 *
 * @param specifier path, URL or package of the task file
 */
export function pathsOfFile(specifier: string): LookUpPath {
  const address = moduleAddress(specifier);
  if (!address.startsWith("file:")) return (path) => path;
  const folder = dirname(fileURLToPath(address));
  return (path) => {
    if (isAbsolute(path) || isAddress(path)) return path;
    const absolute = resolve(folder, path);
    const below = relative(Deno.cwd(), absolute) || ".";
    return below.startsWith("..") || isAbsolute(below) ? absolute : below;
  };
}

/** The value of a field, looked up if it is a path; names on a model hub are none. */
function fieldWithPath(field: string, value: unknown, lookUp: LookUpPath): unknown {
  const type = PATH_FIELDS.get(field);
  if (type === undefined || typeof value !== "string") return value;
  return type === "weights" && isHubName(value, lookUp) ? value : lookUp(value);
}

/** Whether an option of a plugin is a path, and not the plugin's own place. */
function isPathOption(
  registry: Registry,
  { kind, name }: Pick<Descriptor, "kind" | "name">,
  option: string,
  value: unknown,
): boolean {
  const plugin = registry.list(kind).find((one) => one.name === name);
  return plugin?.paths?.includes(option) === true && value !== "" &&
    value !== plugin.defaults[option];
}

/** A plugin whose paths are looked up, and those of the plugins that it lists. */
function pluginWithPaths<Chosen extends Descriptor>(
  chosen: Chosen,
  lookUp: LookUpPath,
  registry: Registry,
): Chosen {
  const { kind, options = {} } = chosen;
  const plugin = (one: object) =>
    pluginWithPaths({ ...one, kind } as unknown as Descriptor, lookUp, registry);
  const part = (one: Json) => {
    if (typeof one !== "object" || one === null) return one;
    const { [kind]: within } = one as { [kind: string]: Json }; // such as { dataset, weight }
    if (typeof within === "object" && within) return { ...one, [kind]: plugin(within) };
    return "name" in one ? plugin(one) : one;
  };
  const found = Object.entries(options).map(([option, value]) => {
    if (Array.isArray(value)) return [option, value.map(part)];
    return [option, isPathOption(registry, chosen, option, value) ? lookUp(String(value)) : value];
  });
  return { ...chosen, options: Object.fromEntries(found) };
}

/** A task whose paths are looked up; what is no path, empty or a plugin's own place stays as it is. */
export function taskWithPaths<Task extends AnyTask>(
  task: Task,
  lookUp: LookUpPath,
  registry: Registry,
): Task {
  let result = task;
  for (const field of PATH_FIELDS.keys()) {
    const path = valueAt(task, field);
    if (path) result = withValue(result, field, fieldWithPath(field, path, lookUp));
  }
  for (const field of Object.keys(WITH_PATHS)) {
    const chosen = valueAt(task, field) as Descriptor | undefined;
    if (chosen) result = withValue(result, field, pluginWithPaths(chosen, lookUp, registry));
  }
  return deepFreeze(structuredClone(result));
}

/** What a level of an ablation changes, with its paths looked up. */
function changeWithPaths(change: TaskChange, lookUp: LookUpPath, registry: Registry): TaskChange {
  const isOption = (option: string, value: unknown) =>
    registry.list("dataset").some((one) => isPathOption(registry, one, option, value));
  const changed = Object.entries(change).map(([path, value]) => {
    if (path === FROM_SCRATCH) return [path, value];
    const { field, option } = changedField(path);
    if (field !== DATASET) return [path, fieldWithPath(field, value, lookUp)];
    if (option === null) return [path, pluginWithPaths(value as Descriptor, lookUp, registry)];
    return [path, isOption(option, value) ? lookUp(String(value)) : value];
  });
  return Object.fromEntries(changed);
}

/** An ablation with all paths of its tasks and levels looked up, as {@linkcode taskWithPaths} does. */
export function ablationWithPaths(
  task: AblateTask,
  lookUp: LookUpPath,
  registry: Registry,
): AblateTask {
  const { pretrain, finetune, probe, out } = task;
  const axes = Object.entries(task.axes).map(([title, levels]) => {
    const changed = Object.entries(levels)
      .map(([label, change]) => [label, changeWithPaths(change, lookUp, registry)]);
    return [title, Object.fromEntries(changed)];
  });
  return {
    ...task,
    pretrain: pretrain && taskWithPaths(pretrain, lookUp, registry),
    finetune: finetune && taskWithPaths(finetune, lookUp, registry),
    probe: probe && taskWithPaths(probe, lookUp, registry),
    axes: Object.fromEntries(axes),
    folds: task.folds?.map(({ train, heldOut }) => ({
      train: lookUp(train),
      heldOut: lookUp(heldOut),
    })) ?? null,
    out: out === null ? null : lookUp(out),
  };
}

/** Assignments such as those of `--set`, with the paths among them looked up. */
export function overridesWithPaths(
  overrides: readonly Override[],
  lookUp: LookUpPath,
  registry: Registry,
): Override[] {
  const kindOf = (path: string) =>
    Object.entries(WITH_PATHS).find(([field]) => path.startsWith(`${field}.`))?.[1];
  const hasPath = (kind: PluginKind, option: string) =>
    registry.list(kind).some(({ paths = [] }) => paths.includes(option));
  // The option of one set that is a path may be a number in another.
  const isText = (text: string) => text !== "null" && Number.isNaN(Number(text || 0));
  return overrides.map(([path, text]) => {
    if (!isText(text)) return [path, text];
    const kind = kindOf(path);
    const isOption = kind && hasPath(kind, path.split(".").at(-1)!);
    return [path, isOption ? lookUp(text) : String(fieldWithPath(path, text, lookUp))];
  });
}
