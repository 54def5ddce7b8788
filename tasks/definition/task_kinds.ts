import type { FieldRule } from "./field_rule.ts";
import { FINETUNE_FIELDS } from "./finetune_fields.ts";
import type { FinetuneTask } from "./finetune_task.ts";
import { PRETRAIN_FIELDS } from "./pretrain_fields.ts";
import type { PretrainTask } from "./pretrain_task.ts";
import { PROBE_FIELDS } from "./probe_fields.ts";
import type { ProbeTask } from "./probe_task.ts";

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
export interface TaskKindFacts {
  /** The function that makes such tasks. */
  readonly definedBy: string;
  /** The rule of every field. */
  readonly fields: Readonly<Record<string, FieldRule>>;
}

/** Every kind of task. */
export const TASK_KINDS: Readonly<Record<TaskKind, TaskKindFacts>> = {
  pretrain: { definedBy: "definePretrain()", fields: PRETRAIN_FIELDS },
  finetune: { definedBy: "defineFinetune()", fields: FINETUNE_FIELDS },
  probe: { definedBy: "defineProbe()", fields: PROBE_FIELDS },
};
