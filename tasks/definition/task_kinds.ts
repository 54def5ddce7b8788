import { type Descriptor, type Json, nearest, type Registry } from "@videoms/core";
import { checkEncoder, checkRun, type Refuse, refuser } from "./check_run.ts";
import { flatten, valueAt } from "./dotted_path.ts";
import { type Field, showValue } from "./field.ts";
import { type FieldsByPath, fieldsByPath } from "./field_table.ts";
import { checkClassifier, FINETUNE_FIELDS, type FinetuneTask } from "./finetune_task.ts";
import { checkDecoder, PRETRAIN_FIELDS, type PretrainTask } from "./pretrain_task.ts";
import { checkProbeOptimizer, PROBE_FIELDS, type ProbeTask } from "./probe_task.ts";

/** The kinds of task files, and the task of each. */
export interface TaskTypes {
  /** Made by `definePretrain`. */
  pretrain: PretrainTask;
  /** Made by `defineFinetune`. */
  finetune: FinetuneTask;
  /** Made by `defineProbe`. */
  probe: ProbeTask;
}

/** The name of a kind of task. */
export type TaskKind = keyof TaskTypes;

/** A task of any kind. */
export type AnyTask = TaskTypes[TaskKind];

/** What is known about a kind of task. */
export interface TaskKindFacts<Task> {
  /** What such a task does, for messages. */
  readonly act: string;
  /** The function that makes such tasks. */
  readonly definedBy: string;
  /** Every field by dotted path. */
  readonly fields: FieldsByPath;
  /** Checks what only this kind of task has. */
  readonly check: (task: Task, refuse: Refuse) => void;
}

/** Every kind of task. */
export const TASK_KINDS: { readonly [Kind in TaskKind]: TaskKindFacts<TaskTypes[Kind]> } = {
  pretrain: {
    act: "pre-train",
    definedBy: "definePretrain()",
    fields: fieldsByPath(PRETRAIN_FIELDS),
    check: checkDecoder,
  },
  finetune: {
    act: "fine-tune",
    definedBy: "defineFinetune()",
    fields: fieldsByPath(FINETUNE_FIELDS),
    check: checkClassifier,
  },
  probe: {
    act: "probe",
    definedBy: "defineProbe()",
    fields: fieldsByPath(PROBE_FIELDS),
    check: checkProbeOptimizer,
  },
};

/** The fields of all kinds of tasks with their paths; one that several kinds have is there several times. */
export const ALL_FIELDS: readonly (readonly [path: string, field: Field])[] = Object.values(
  TASK_KINDS,
)
  .flatMap(({ fields }) => Object.entries(fields));

/** Fields that change how a run goes on but not what it computes, so that they may change on the way. */
export const FREE_FIELDS: ReadonlySet<string> = new Set(
  ALL_FIELDS.filter(([, { free }]) => free).map(([path]) => path),
);

/** What a task does that lacks a field, since it is older than the field, by path. */
export const EARLIER_VALUES: Readonly<Record<string, Json>> = Object.fromEntries(
  ALL_FIELDS.filter(([, { earlier }]) => earlier !== undefined)
    .map(([path, { earlier }]) => [path, earlier as Json]),
);

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
