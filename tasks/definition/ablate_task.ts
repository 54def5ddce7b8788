import { metricKind } from "@videoms/core/plain";
import { nearest } from "@videoms/core";
import { boolean, choice, type Field, field, isRecord, path, showValue } from "./field.ts";
import { defineTask, fieldsByPath, type FlatTable } from "./field_table.ts";
import type { FinetuneTask } from "./finetune_task.ts";
import type { PretrainTask } from "./pretrain_task.ts";
import type { ProbeTask } from "./probe_task.ts";
import { RUN_FIELDS } from "./run_task.ts";
import { changedField, FROM_SCRATCH, type TaskChange } from "./task_change.ts";
import { checkFields } from "./check_task.ts";
import type { AnyTask } from "./task_kinds.ts";

/**
 * What cells can be given as much of as the baseline has, in place of as many epochs. The last trains cells at both;
 * those that are the same at both are trained once.
 */
export const EQUAL_COSTS = [
  "multiply-accumulates",
  "time",
  "epochs and multiply-accumulates",
] as const;

/** One of {@linkcode EQUAL_COSTS}. */
export type EqualCost = typeof EQUAL_COSTS[number];

/** The levels of an axis by their labels; each is what it changes. */
export type AxisLevels = Readonly<Record<string, TaskChange>>;

/** A fold of a cross-validation: the list that is trained on, and the one that is held out. */
export interface Fold {
  readonly train: string;
  readonly heldOut: string;
}

/** An ablation: a grid of runs that differ in what its axes change, and in their seeds. */
export interface AblateTask {
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
  /** Change one axis at a time from the baseline, in place of every combination of levels. */
  readonly oneAtATime: boolean;
  /** Seeds; each is used with every level, so that differences are paired. */
  readonly seeds: readonly number[];
  /**
   * Folds of a cross-validation, lists of the tasks' data sets in place of `train` and `heldOut`: each is used with
   * every level and seed; null for none.
   */
  readonly folds: readonly Fold[] | null;
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

/** What cells of a kind are measured by; the first one is the usual one. */
const MEASURES = {
  pretrain: ["heldOutLoss"],
  finetune: ["top1", "topK", "meanClass"],
  probe: ["top1", "topK", "loss"],
} as const;

/** A task that is checked cell by cell. */
function stage(kind: string): Field<null> {
  const fits = (value: unknown) => isRecord(value) && (value as AnyTask).kind === kind;
  return field("record", null, `a task of kind "${kind}"`, fits);
}

function areSeeds(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(RUN_FIELDS.seed.fits) &&
    new Set(value).size === value.length;
}

function areFolds(value: unknown): boolean {
  const isFold = (one: unknown) =>
    isRecord(one) &&
    ["train", "heldOut"].every((name) => typeof (one as Fold)[name as keyof Fold] === "string");
  return Array.isArray(value) && value.length > 1 && value.every(isFold);
}

/** The fields of an ablation; what it is measured by depends on its tasks. */
export const ABLATE_FIELDS: FlatTable<AblateTask> = {
  kind: choice("ablate", ["ablate"]),
  name: { ...RUN_FIELDS.name, default: "ablation" },
  pretrain: stage("pretrain"),
  finetune: stage("finetune"),
  probe: stage("probe"),
  axes: field("record", {}, "axes by title, each of levels by label", isRecord),
  oneAtATime: boolean(false),
  seeds: field("numbers", [0, 1, 2], "different whole numbers from 0", areSeeds),
  folds: field<AblateTask["folds"]>(
    "record",
    null,
    "a list of { train, heldOut }, two or more",
    areFolds,
  ),
  baseline: field<AblateTask["baseline"]>("record", null, "a level by axis", isRecord),
  measure: field(
    "record",
    { name: "heldOutLoss", better: "lower" },
    "a name and what is better",
    isRecord,
  ),
  equalCost: choice(null, EQUAL_COSTS),
  out: path(null, "a path"),
};

function refuse(rule: string): never {
  throw new RangeError(`Cannot load an ablation: ${rule}`);
}

/** The figures that an ablation's cells can be compared by. */
function measuresOf(task: Partial<AblateOptions>): string[] {
  return [
    ...task.finetune ? MEASURES.finetune : task.probe ? MEASURES.probe : [],
    ...task.pretrain ? MEASURES.pretrain : [],
  ];
}

function checkStages({ pretrain, finetune, probe, equalCost }: AblateTask): void {
  if (!pretrain && !finetune && !probe) {
    refuse("it must have a pre-training, a fine-tuning or a probe, got none");
  }
  if (finetune && probe) {
    refuse("it must have a fine-tuning or a probe, so that accuracies mean one thing, got both");
  }
  if (equalCost !== null && !pretrain) {
    refuse("equalCost sets the steps of pre-trainings, so there must be one, got none");
  }
}

/** Checks where changes lead; their values are checked with the plugins, cell by cell. */
function checkAxes(task: AblateTask): void {
  const axisOf = new Map<string, string>();
  for (const [title, levels] of Object.entries(task.axes)) {
    if (Object.keys(levels).length === 0) refuse(`axis "${title}" must have a level, got none`);
    const paths = new Set(Object.values(levels).flatMap((change) => Object.keys(change)));
    if (paths.delete(FROM_SCRATCH) && !(task.pretrain && task.finetune)) {
      refuse(`"${title}" must leave out a pre-training before a fine-tuning, got none`);
    }
    for (const path of paths) {
      const { kind, field } = changedField(path);
      if (!task[kind]) refuse(`"${path}" must change a task that is there, got no ${kind}`);
      if (task.pretrain && (field === "start.from" || field === "encoder.from")) {
        refuse(`"${path}" must not be changed, since cells start from their own pre-training`);
      }
      const other = axisOf.get(path);
      if (other !== undefined) {
        refuse(`only one axis may change "${path}", got "${other}" and "${title}"`);
      }
      axisOf.set(path, title);
    }
  }
}

function checkBaseline({ baseline, axes, oneAtATime }: AblateTask): void {
  if (!baseline) {
    return oneAtATime ? refuse("oneAtATime must have a baseline to change, got none") : undefined;
  }
  for (const [title, levels] of Object.entries(axes)) {
    if (Object.hasOwn(levels, baseline[title] ?? "")) continue;
    refuse(
      `baseline must name a level of axis "${title}", got ${showValue(baseline[title])}; ` +
        `there are ${Object.keys(levels).join(", ")}`,
    );
  }
  const unknown = Object.keys(baseline).find((title) => !Object.hasOwn(axes, title));
  if (unknown !== undefined) {
    refuse(`baseline must name axes, got "${unknown}"; ${nearest(unknown, Object.keys(axes))}`);
  }
}

/** Checks whatever does not need the plugins. */
function checkAblation(task: AblateTask): void {
  checkFields(task, fieldsByPath(ABLATE_FIELDS), "load an ablation");
  checkStages(task);
  checkAxes(task);
  checkBaseline(task);
  const known = measuresOf(task);
  const { name } = task.measure;
  if (!known.includes(name)) refuse(`measure must be one of ${known.join(", ")}, got "${name}"`);
}

/**
 * An ablation: every combination of the levels of some axes, or with `oneAtATime` the baseline and each other level
 * alone, with every seed. A cell of the grid is the
 * given tasks with the changes of its levels: a pre-training, a fine-tuning or a probe of it, and an
 * evaluation. Cells with the same seed see the same clips in the same order and start from the same
 * weights, wherever their changes leave these alone.
 *
 * A level changes any field of a task, by dotted path; a misspelt path is a compile error. Of the axes, no two may
 * change the same path. `{ pretrain: null }` is a level that fine-tunes from scratch. Cells that have the same
 * pre-training share its run. With `equalCost`, pre-trainings last as many steps as the cost of the baseline's
 * (of the first cell's, where there is no baseline) allows: its multiply-accumulates, or its time,
 * which is measured once for each combination before the first cell runs. Schedules are squeezed into those steps.
 *
 * @throws {RangeError} for a grid that cannot work
 * @throws {TypeError} for an unknown field or path; the message names the nearest known one
 * @example
 * ```ts
 * import { motionCentric, tube } from "@videoms/masking";
 * import { defineAblation, definePretrain } from "@videoms/tasks";
 *
 * const task = defineAblation({
 *   name: "ratios",
 *   pretrain: definePretrain({ epochs: 100 }),
 *   axes: {
 *     masking: {
 *       tube: { "pretrain.masking": tube() },
 *       "motion-centric": { "pretrain.masking": motionCentric() },
 *     },
 *     ratio: {
 *       "0.9": { "pretrain.masking.maskRatio": 0.9 },
 *       "0.95": { "pretrain.masking.maskRatio": 0.95 },
 *     },
 *   },
 *   baseline: { masking: "tube", ratio: "0.9" },
 * });
 * console.assert(task.measure.name === "heldOutLoss" && task.seeds.length === 3);
 * ```
 */
export function defineAblation(options: AblateOptions): AblateTask {
  const [name = "heldOutLoss"] = measuresOf(options);
  const better = metricKind(name === "heldOutLoss" ? "loss" : name).better ?? "higher";
  const { measure = { name, better } } = options;
  const task = defineTask<AblateTask>(ABLATE_FIELDS, { ...options, measure });
  checkAblation(task);
  return task;
}
