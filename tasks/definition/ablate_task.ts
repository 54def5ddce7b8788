import type { FinetuneTask } from "./finetune_task.ts";
import type { PretrainTask } from "./pretrain_task.ts";
import type { ProbeTask } from "./probe_task.ts";
import type { TaskChange } from "./task_change.ts";

/** What cells can be given as much of as the baseline has, in place of as many epochs. */
export const EQUAL_COSTS = ["multiply-accumulates", "time"] as const;

/** One of {@linkcode EQUAL_COSTS}. */
export type EqualCost = typeof EQUAL_COSTS[number];

/** The levels of an axis by their labels; each is what it changes. */
export type AxisLevels = Readonly<Record<string, TaskChange>>;

/** An ablation: a grid of runs that differ in what its axes change, and in their seeds. */
export interface AblateTask {
  /** Tells task files apart. */
  readonly kind: "ablate";
  /** Name of the ablation; it writes to `runs/<name>` unless `out` says otherwise. */
  readonly name: string;
  /** The pre-training that every cell starts with; null for none. */
  readonly pretrain: PretrainTask | null;
  /** The fine-tuning that follows and is evaluated; null for none. */
  readonly finetune: FinetuneTask | null;
  /** The probe that follows, in place of a fine-tuning; null for none. */
  readonly probe: ProbeTask | null;
  /** The axes by title. */
  readonly axes: Readonly<Record<string, AxisLevels>>;
  /** Seeds; each is used with every level, so that differences are paired. */
  readonly seeds: readonly number[];
  /** The label of each axis that others are compared with; null for no baseline. */
  readonly baseline: Readonly<Record<string, string>> | null;
  /** The figure that cells are compared by. */
  readonly measure: { readonly name: string; readonly better: "higher" | "lower" };
  /** What pre-trainings are given as much of as the baseline's; null keeps their epochs. */
  readonly equalCost: EqualCost | null;
  /** Folder; null for `runs/<name>`. */
  readonly out: string | null;
}

/** What a task file says of an ablation. */
export type AblateOptions =
  & Pick<AblateTask, "name" | "axes">
  & Partial<Omit<AblateTask, "kind" | "name" | "axes">>;
