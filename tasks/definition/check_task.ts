import { type Descriptor, nearest, type Registry } from "@videoms/core";
import { checkEncoder, checkRun, type Refuse, refuser } from "./check_run.ts";
import { flatten, valueAt } from "./dotted_path.ts";
import { showValue } from "./field.ts";
import type { FieldsByPath } from "./field_table.ts";
import { type AnyTask, TASK_KINDS, type TaskKind, type TaskTypes } from "./task_kinds.ts";

/**
 * Checks the fields of a task one by one.
 *
 * @throws {TypeError} for a field that is not known; the message names the nearest known one
 * @throws {RangeError} for a value that the field does not take
 */
export function checkFields(task: object, fields: FieldsByPath, act: string): void {
  const known = Object.keys(fields);
  const isKnown = (path: string) => Object.hasOwn(fields, path);
  const paths = flatten(
    task,
    (_, path) => isKnown(path) || !known.some((one) => one.startsWith(`${path}.`)),
  );
  const unknown = paths.find(([path]) => !isKnown(path));
  if (unknown) {
    throw new TypeError(
      `Cannot ${act}: unknown field "${unknown[0]}"; ${nearest(unknown[0], known)}`,
    );
  }
  for (const [path, { rule, fits }] of Object.entries(fields)) {
    const value = valueAt(task, path);
    if (!fits(value)) refuser(act)(`${path} must be ${rule}, got ${showValue(value)}`);
  }
}

/** Checks names and options of a task's plugins. */
function checkPlugins(task: AnyTask, registry: Registry, refuse: Refuse): void {
  for (const [path, { type }] of Object.entries(TASK_KINDS[task.kind].fields)) {
    if (type !== "plugin") continue;
    try {
      registry.describe(valueAt(task, path) as Descriptor);
    } catch (error) {
      refuse(`${path} must be valid, got: ${(error as Error).message}`);
    }
  }
}

/**
 * Checks a whole task, as far as neither weights nor data are needed for it.
 *
 * @param registry the plugins that the run knows; leave it out to skip the plugins' options
 * @throws {RangeError} for a value that cannot work; the message names the field and the value
 * @throws {TypeError} for a field that is not known; the message names the nearest known one
 * @example
 * ```ts
 * import { checkTask, defineFinetune, definePretrain } from "@videoms/tasks";
 *
 * checkTask(definePretrain({ epochs: 100 }));
 * checkTask(defineFinetune({ mix: { mixup: 0.8 }, batch: 16 }));
 * ```
 */
export function checkTask<Kind extends TaskKind>(
  task: TaskTypes[Kind] & { readonly kind: Kind },
  registry?: Registry,
): void {
  const { act, fields, check } = TASK_KINDS[task.kind];
  const refuse = refuser(act);
  checkFields(task, fields, act);
  if (registry) checkPlugins(task, registry, refuse);
  if ("model" in task) checkEncoder(task.model, refuse);
  checkRun(task, refuse);
  check(task, refuse);
}
