import type { AblateTask } from "./ablate_task.ts";
import { importModule } from "@videoms/data/files";
import type { TaskTypes } from "./task_kinds.ts";

/** The tasks that a file can export, by kind. */
export interface LoadableTasks extends TaskTypes {
  /** Made by `defineAblation`. */
  ablate: AblateTask;
}

/** What can be said of a module's default export: "a number", "no default export", … */
function describeExport(value: unknown): string {
  if (value === undefined) return "no default export";
  if (typeof value !== "object" || value === null) return `a ${typeof value}`;
  return "kind" in value ? `a task of kind ${JSON.stringify(value.kind)}` : "an object";
}

const MAKERS = {
  pretrain: "definePretrain()",
  finetune: "defineFinetune()",
  probe: "defineProbe()",
  ablate: "defineAblation()",
} as const satisfies Record<keyof LoadableTasks, string>;

/**
 * The task that a task file exports by default.
 *
 * @param specifier a path (from the working folder), a URL or a package
 * @param kinds what the task may be
 * @throws {Error} if there is no such file or it cannot be imported
 * @throws {TypeError} if its default export is no task of these kinds
 */
export async function loadTask<Kind extends keyof LoadableTasks>(
  specifier: string,
  ...kinds: readonly Kind[]
): Promise<LoadableTasks[Kind]> {
  const task = (await importModule(specifier, "load a task")).default;
  const kind = typeof task === "object" && task !== null && "kind" in task ? task.kind : null;
  if (kinds.some((one) => one === kind)) return task as LoadableTasks[Kind];
  throw new TypeError(
    `Cannot load a task: "${specifier}" must export by default what ` +
      `${kinds.map((one) => MAKERS[one]).join(" or ")} makes, got ${describeExport(task)}`,
  );
}
