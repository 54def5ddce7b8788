import type { Registry } from "@videoms/core";
import { applyOverrides } from "../task/apply_overrides.ts";
import { loadTask } from "../task/load_task.ts";
import type { TaskKind, TaskTypes } from "../task/task_kinds.ts";
import { exportsPlugins, loadRegistry } from "./plugins.ts";
import { flagOverrides } from "./run_flags.ts";

/** The address of a shipped task file. */
export function shippedTask(path: string): string {
  return new URL(`../${path}`, import.meta.url).href;
}

/** The task of a command line, with what its flags set. Plugins that the task file exports are known to it. */
export async function taskOf<Kind extends TaskKind>(
  file: string,
  kind: Kind,
  flags: Parameters<typeof flagOverrides>[0],
): Promise<{ task: TaskTypes[Kind]; registry: Registry }> {
  const given = await loadTask(file, kind);
  const modules = await exportsPlugins(file) ? [...flags.plugin, file] : flags.plugin;
  const registry = await loadRegistry(modules);
  return { task: applyOverrides(given, flagOverrides(flags), registry), registry };
}
