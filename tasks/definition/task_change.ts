import { type Descriptor, type Json, nearest, type Registry } from "@videoms/core";
import { describeRule, type FieldPath, fitsRule, showValue } from "./field_rule.ts";
import type { FinetuneTask } from "./finetune_task.ts";
import type { PretrainTask } from "./pretrain_task.ts";
import type { ProbeTask } from "./probe_task.ts";
import { fieldAt, withField } from "./task_fields.ts";
import { type AnyTask, TASK_KINDS, type TaskKind } from "./task_kinds.ts";

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
 * plugin (`pretrain.masking`) or an option of one (`pretrain.masking.maskRatio`).
 */
export type TaskChange =
  & ChangeOf<"pretrain", PretrainTask>
  & ChangeOf<"finetune", FinetuneTask>
  & ChangeOf<"probe", ProbeTask>;

/** A changed field: of which task, which field, and the option where it is one of a plugin. */
export interface ChangedField {
  /** Which task. */
  readonly kind: TaskKind;
  /** Path of the field in it. */
  readonly field: string;
  /** Option of the field's plugin; null where the field itself is changed. */
  readonly option: string | null;
}

/**
 * Finds the field that a path of a change names.
 *
 * @throws {TypeError} for an unknown path (naming the nearest) or one that ablations set themselves
 */
export function changedField(path: string): ChangedField {
  const dot = path.indexOf(".");
  const [kind, inner] = [path.slice(0, dot), path.slice(dot + 1)];
  if (dot < 0 || !Object.hasOwn(TASK_KINDS, kind)) {
    const kinds = Object.keys(TASK_KINDS).join(", ");
    throw new TypeError(
      `Cannot change "${path}": it must start with one of ${kinds} and a dot`,
    );
  }
  if ((OWN_FIELDS as readonly string[]).includes(inner)) {
    throw new TypeError(`Cannot change "${path}": the ablation sets it itself`);
  }
  const rules = TASK_KINDS[kind as TaskKind].fields;
  if (Object.hasOwn(rules, inner)) return { kind: kind as TaskKind, field: inner, option: null };
  for (const [field, rule] of Object.entries(rules)) {
    if (rule.type !== "plugin" || !inner.startsWith(`${field}.`)) continue;
    return { kind: kind as TaskKind, field, option: inner.slice(field.length + 1) };
  }
  const known = Object.keys(rules).map((field) => `${kind}.${field}`);
  throw new TypeError(
    `Cannot change "${path}": it is no field of the task; ${nearest(path, known)}`,
  );
}

function changeTask<Task extends AnyTask>(
  task: Task,
  { kind, field, option }: ChangedField,
  value: unknown,
  registry: Registry,
): Task {
  if (option !== null) {
    const current = fieldAt(task, field) as Descriptor;
    const options = { ...current.options, [option]: value };
    return withField(task, field, registry.describe({ ...current, options }));
  }
  const rule = TASK_KINDS[kind].fields[field];
  if (!fitsRule(rule, value)) {
    throw new RangeError(
      `Cannot change ${kind}.${field}: it must be ${describeRule(rule)}, got ${showValue(value)}`,
    );
  }
  const isPlugin = rule.type === "plugin";
  return withField(task, field, isPlugin ? registry.describe(value as Descriptor) : value);
}

/** The tasks of one cell of an ablation; those it has none of are missing. */
export interface CellTasks {
  /** Trained first. */
  readonly pretrain?: PretrainTask;
  /** Trained from the pre-training, if there is one, and evaluated. */
  readonly finetune?: FinetuneTask;
  /** Trained on the frozen encoder of the pre-training, if there is one. */
  readonly probe?: ProbeTask;
}

/**
 * Tasks with changes. Plugins are switched before their options are set, whatever the order.
 *
 * @throws {TypeError} for an unknown path or option, or a task that is not there
 * @throws {RangeError} for an unknown plugin or a value that the field does not take
 */
export function changeTasks(
  tasks: CellTasks,
  changes: Readonly<Record<string, unknown>>,
  registry: Registry,
): CellTasks {
  const found = Object.entries(changes).map(([path, value]) => ({
    value,
    at: changedField(path),
  }));
  const changed: Record<string, AnyTask> = { ...tasks };
  const inOrder = [
    ...found.filter(({ at }) => at.option === null),
    ...found.filter(({ at }) => at.option !== null),
  ];
  for (const { at, value } of inOrder) {
    changed[at.kind] = changeTask(changed[at.kind], at, value, registry);
  }
  return changed as CellTasks;
}
