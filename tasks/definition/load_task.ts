import type { AblateTask } from "./ablate_task.ts";
import { moduleAddress } from "./module_address.ts";
import { TASK_KINDS, type TaskKind, type TaskTypes } from "./task_kinds.ts";

/** What can be said of a module's default export; "a number", "nothing", … */
function describeExport(value: unknown): string {
  if (value === undefined) return "no default export";
  if (typeof value !== "object" || value === null) return `a ${typeof value}`;
  return "kind" in value ? `a task of kind ${JSON.stringify(value.kind)}` : "an object";
}

/** What a module exports by default. */
async function loadDefault(specifier: string): Promise<unknown> {
  const address = moduleAddress(specifier);
  if (address.startsWith("file:")) {
    const found = await Deno.stat(new URL(address)).catch((error) => {
      if (error instanceof Deno.errors.NotCapable) throw error; // names the permission to give
      return null;
    });
    if (!found?.isFile) {
      throw new Error(`Cannot load a task: the file must exist, got "${specifier}"`);
    }
  }
  try {
    return (await import(address)).default;
  } catch (error) {
    throw new Error(
      `Cannot load a task: "${specifier}" must be a module that runs, got: ${
        error instanceof Error ? error.message : error
      }`,
      { cause: error },
    );
  }
}

/** What a module exports by default, if it is of a kind. */
async function loadKind(specifier: string, kind: string, definedBy: string): Promise<unknown> {
  const exported = await loadDefault(specifier);
  const isTask = typeof exported === "object" && exported !== null && "kind" in exported &&
    exported.kind === kind;
  if (!isTask) {
    throw new TypeError(
      `Cannot load a task: "${specifier}" must export by default what ${definedBy} makes, ` +
        `got ${describeExport(exported)}`,
    );
  }
  return exported;
}

/**
 * The task that a task file exports by default.
 *
 * @param specifier a path (from the working folder), a URL or a package
 * @param kind what the task must be
 * @throws {Error} if there is no such file or it cannot be imported
 * @throws {TypeError} if its default export is no task of that kind
 */
export async function loadTask<Kind extends TaskKind>(
  specifier: string,
  kind: Kind,
): Promise<TaskTypes[Kind]> {
  return await loadKind(specifier, kind, TASK_KINDS[kind].definedBy) as TaskTypes[Kind];
}

/**
 * The kind of the task that a task file exports by default.
 *
 * @param specifier a path (from the working folder), a URL or a package
 * @throws {Error} if there is no such file or it cannot be imported
 * @throws {TypeError} if its default export is no task that can be run by itself
 */
export async function kindOfTask(specifier: string): Promise<TaskKind> {
  const exported = await loadDefault(specifier) as { kind?: unknown } | null | undefined;
  const kinds = Object.keys(TASK_KINDS) as TaskKind[];
  const kind = kinds.find((kind) => kind === exported?.kind);
  if (kind !== undefined) return kind;
  const makers = Object.values(TASK_KINDS).map(({ definedBy }) => definedBy);
  throw new TypeError(
    `Cannot load a task: "${specifier}" must export by default what ${makers.join(", ")} make, ` +
      `got ${describeExport(exported)}`,
  );
}

/**
 * The ablation that a task file exports by default.
 *
 * @param specifier a path (from the working folder), a URL or a package
 * @throws {Error} if there is no such file or it cannot be imported
 * @throws {TypeError} if its default export is no ablation
 */
export async function loadAblation(specifier: string): Promise<AblateTask> {
  return await loadKind(specifier, "ablate", "defineAblation()") as AblateTask;
}
