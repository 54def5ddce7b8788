import type { Registry } from "@videoms/core";
import { applyOverrides } from "../definition/apply_overrides.ts";
import { loadTask } from "../definition/load_task.ts";
import type { TaskKind, TaskTypes } from "../definition/task_kinds.ts";
import { overridesWithPaths, pathsOfFile, taskWithPaths } from "../definition/task_paths.ts";
import { runFolderOf } from "../runs/folder/run_record.ts";
import { registryOfTask } from "../definition/plugins.ts";
import { flagOverrides } from "./run_flags.ts";
import type { UserPaths } from "@videoms/data/console";

export function shippedTask(path: string): string {
  return new URL(`../${path}`, import.meta.url).href;
}

/**
 * The task of a command line, with what its flags set. Plugins that the task file exports are known to it.
 * Relative paths in the file start at its folder, those of flags where the user is.
 */
export async function taskOf<Kind extends TaskKind>(
  file: string,
  kind: Kind,
  flags: Parameters<typeof flagOverrides>[0],
  paths: UserPaths,
): Promise<{ task: TaskTypes[Kind]; registry: Registry }> {
  const given = await loadTask(file, kind);
  const registry = await registryOfTask(file, flags.plugin);
  const overrides = overridesWithPaths(flagOverrides(flags), paths.typed, registry);
  const task = applyOverrides(
    taskWithPaths(given, pathsOfFile(file), registry),
    overrides,
    registry,
  );
  if (!paths.isElsewhere) return { task, registry };
  // Messages name these paths, so they must be of use where the user is.
  const named = { ...task, out: runFolderOf(task) };
  return { task: taskWithPaths(named, paths.own, registry), registry };
}
