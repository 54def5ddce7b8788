import type { Json } from "@videoms/core";
import { flattenFields } from "@videoms/core/plain";
import type { Field } from "./field.ts";
import { type FieldsByPath, fieldsByPath } from "./field_table.ts";
import { FINETUNE_FIELDS, type FinetuneTask } from "./finetune_task.ts";
import { PRETRAIN_FIELDS, type PretrainTask } from "./pretrain_task.ts";
import { PROBE_FIELDS, type ProbeTask } from "./probe_task.ts";

/** The kinds of task files, and the task of each. */
export interface TaskTypes {
  pretrain: PretrainTask;
  finetune: FinetuneTask;
  probe: ProbeTask;
}

/** The name of a kind of task. */
export type TaskKind = keyof TaskTypes;

/** A task of any kind. */
export type AnyTask = TaskTypes[TaskKind];

/** The fields of every kind of task by dotted path. */
export const TASK_FIELDS: Readonly<Record<TaskKind, FieldsByPath>> = {
  pretrain: fieldsByPath(PRETRAIN_FIELDS),
  finetune: fieldsByPath(FINETUNE_FIELDS),
  probe: fieldsByPath(PROBE_FIELDS),
};

/** The fields of all kinds of tasks with their paths; one that several kinds have is there several times. */
export const ALL_FIELDS: readonly (readonly [path: string, field: Field])[] = Object.values(
  TASK_FIELDS,
).flatMap((fields) => Object.entries(fields));

/** Fields that change how a run goes on but not what it computes, so that they may change on the way. */
export const FREE_FIELDS: ReadonlySet<string> = new Set(
  ALL_FIELDS.filter(([, { free }]) => free).map(([path]) => path),
);

/** Whether a path is that of one of {@linkcode FREE_FIELDS}, or lies in a plugin that is one. */
export function isFree(path: string): boolean {
  return FREE_FIELDS.has(path) || FREE_FIELDS.has(path.split(".")[0]);
}

/**
 * What a task does that lacks a field, since it is older than the field, by path; a plugin's name and options by paths of
 * their own too. Plugins say so of their options themselves (`earlier` in `definePlugin`).
 */
export const EARLIER_VALUES: Readonly<Record<string, Json>> = Object.fromEntries(
  ALL_FIELDS.filter(([, { earlier }]) => earlier !== undefined)
    .flatMap(([path, { earlier }]) => [[path, earlier], ...flattenFields({ [path]: earlier })]),
) as Record<string, Json>;
