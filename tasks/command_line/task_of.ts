import type { Registry } from "@videoms/core";
import { applyOverrides } from "../task/apply_overrides.ts";
import { loadTask } from "../task/load_task.ts";
import type { TaskKind, TaskTypes } from "../task/task_kinds.ts";
import { loadRegistry } from "./plugins.ts";
import { flagOverrides } from "./run_flags.ts";

/** The address of a shipped task file. */
export function shippedTask(path: string): string {
  return new URL(`../${path}`, import.meta.url).href;
}

/** The task of a command line, with what its flags set. */
export async function taskOf<Kind extends TaskKind>(
  file: string,
  kind: Kind,
  flags: Parameters<typeof flagOverrides>[0],
): Promise<{ task: TaskTypes[Kind]; registry: Registry }> {
  const registry = await loadRegistry(flags.plugin);
  const task = applyOverrides(await loadTask(file, kind), flagOverrides(flags), registry);
  return { task, registry };
}
