import type { Descriptor, Json, Registry } from "@videoms/core";
import type { FieldPath } from "./field_table.ts";
import { type FieldPlace, noField, placeAt, pluginsFirst, withPlace } from "./set_field.ts";
import { type AnyTask, TASK_FIELDS, type TaskKind, type TaskTypes } from "./task_kinds.ts";

/** Fields that an ablation sets itself. */
export const OWN_FIELDS = ["kind", "name", "seed", "out"] as const;

/** The type of the field at a dotted path. */
export type ValueAt<T, Path extends string> = Path extends `${infer Key}.${infer Rest}`
  ? Key extends keyof T ? ValueAt<T[Key], Rest> : never
  : Path extends keyof T ? T[Path]
  : never;

/** The dotted paths of a task's plugins. */
export type PluginPath<T> = {
  [Path in FieldPath<T>]: ValueAt<T, Path> extends Descriptor ? Path : never;
}[FieldPath<T>];

/** Changes of the fields of one task, by path after its kind: `pretrain.optimizer.lr`. */
export type ChangeOf<Kind extends string, T> =
  & {
    readonly [
      Path in Exclude<FieldPath<T>, typeof OWN_FIELDS[number]> as `${Kind}.${Path}`
    ]?: ValueAt<T, Path>;
  }
  & { readonly [Option in `${Kind}.${PluginPath<T>}.${string}`]?: Json };

/**
 * What a level of an ablation changes in the tasks, by dotted path: a field (`pretrain.optimizer.lr`), a
 * plugin (`pretrain.masking`) or an option of one (`pretrain.masking.maskRatio`). With `pretrain: null` the
 * fine-tuning starts from scratch.
 */
export type TaskChange =
  & { readonly pretrain?: null }
  & ChangeOf<"pretrain", TaskTypes["pretrain"]>
  & ChangeOf<"finetune", TaskTypes["finetune"]>
  & ChangeOf<"probe", TaskTypes["probe"]>;

/** A changed field: of which task, which field, and the option where it is one of a plugin. */
export interface ChangedField extends FieldPlace {
  /** Which task. */
  readonly kind: TaskKind;
}

/**
 * Finds the field that a path of a change names.
 *
 * @throws {TypeError} for an unknown path (naming the nearest) or one that ablations set themselves
 */
export function changedField(path: string): ChangedField {
  const [start, ...rest] = path.split(".");
  const [kind, inner] = [start as TaskKind, rest.join(".")];
  if (inner === "" || !Object.hasOwn(TASK_FIELDS, kind)) {
    const kinds = Object.keys(TASK_FIELDS).join(", ");
    throw new TypeError(`Cannot change "${path}": it must start with one of ${kinds} and a dot`);
  }
  if ((OWN_FIELDS as readonly string[]).includes(inner)) {
    throw new TypeError(`Cannot change "${path}": the ablation sets it itself`);
  }
  const fields = TASK_FIELDS[kind];
  const place = placeAt(fields, inner);
  if (place) return { kind, ...place };
  throw noField("change", path, Object.keys(fields).map((field) => `${kind}.${field}`));
}

/** The tasks of one cell of an ablation; those it has none of are missing. */
export type CellTasks = Readonly<Partial<TaskTypes>>;

/** The change by which a cell has no pre-training. */
export const FROM_SCRATCH = "pretrain";

/** Tasks without the pre-training; the fine-tuning starts from newly initialised weights. */
function fromScratch({ pretrain: _, finetune, ...tasks }: CellTasks): CellTasks {
  if (!finetune) {
    throw new RangeError(
      "Cannot train from scratch: there must be a fine-tuning, got a cell without one",
    );
  }
  return { ...tasks, finetune: { ...finetune, start: { ...finetune.start, from: null } } };
}

/**
 * Tasks with changes. Plugins are switched before their options are set, whatever the order; changes of a pre-training
 * that `pretrain: null` takes away change nothing.
 *
 * @throws {TypeError} for an unknown path or option
 * @throws {RangeError} for an unknown plugin or a value that the field does not take
 */
export function changeTasks(
  tasks: CellTasks,
  changes: Readonly<Record<string, unknown>>,
  registry: Registry,
): CellTasks {
  const { [FROM_SCRATCH]: start, ...fields } = changes;
  if (start !== undefined && start !== null) {
    throw new TypeError(
      `Cannot change "${FROM_SCRATCH}": it must be null, for a start from scratch`,
    );
  }
  const found = Object.entries(fields).map(([path, value]) => ({
    value,
    path,
    place: changedField(path),
  }));
  const changed: Record<string, AnyTask> = { ...start === null ? fromScratch(tasks) : tasks };
  for (const { path, place, value } of pluginsFirst(found)) {
    if (start === null && place.kind === "pretrain") continue;
    changed[place.kind] = withPlace(changed[place.kind], place, value, registry, `change ${path}`);
  }
  return changed as CellTasks;
}
