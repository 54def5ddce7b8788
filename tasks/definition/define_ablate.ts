import { nearest } from "@videoms/core";
import { EQUAL_COSTS } from "./ablate_task.ts";
import type { AblateOptions, AblateTask } from "./ablate_task.ts";
import { deepFreeze } from "./deep_freeze.ts";
import { mergeTask } from "./merge_task.ts";
import { RUN_FIELDS } from "./run_fields.ts";
import { describeRule, fitsRule, showValue } from "./field_rule.ts";
import { changedField } from "./task_change.ts";

/** What cells of a kind are measured by; the first one is the usual one. */
const MEASURES = {
  pretrain: { heldOutLoss: "lower" },
  finetune: { top1: "higher", topK: "higher", meanClass: "higher" },
  probe: { top1: "higher", topK: "higher", loss: "lower" },
} as const;

const DEFAULTS: Omit<AblateTask, "name" | "axes" | "measure"> = deepFreeze({
  kind: "ablate",
  pretrain: null,
  finetune: null,
  probe: null,
  seeds: [0, 1, 2],
  baseline: null,
  equalCost: null,
  out: null,
});

function refuse(rule: string): never {
  throw new RangeError(`Cannot define an ablation: ${rule}`);
}

/** The figures that an ablation's cells have, and which way is better. */
function measuresOf(task: Partial<AblateOptions>): Record<string, "higher" | "lower"> {
  return {
    ...task.finetune ? MEASURES.finetune : task.probe ? MEASURES.probe : {},
    ...task.pretrain ? MEASURES.pretrain : {},
  };
}

function checkStages({ pretrain, finetune, probe, equalCost }: AblateTask): void {
  if (!pretrain && !finetune && !probe) {
    refuse("it must have a pre-training, a fine-tuning or a probe, got none");
  }
  if (finetune && probe) {
    refuse("it must have a fine-tuning or a probe, so that accuracies mean one thing, got both");
  }
  if (equalCost !== null && !EQUAL_COSTS.includes(equalCost)) {
    refuse(`equalCost must be one of ${EQUAL_COSTS.join(", ")} or null, got ${equalCost}`);
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

function checkBaseline({ baseline, axes }: AblateTask): void {
  if (!baseline) return;
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

/**
 * Checks the grid of an ablation: whatever does not need the plugins.
 *
 * @throws {RangeError} for a grid that cannot work
 * @throws {TypeError} for a changed path that no task has
 */
export function checkAblation(task: AblateTask): void {
  for (const field of ["name", "out"] as const) {
    const rule = RUN_FIELDS[field];
    if (!fitsRule(rule, task[field])) {
      refuse(`${field} must be ${describeRule(rule)}, got ${showValue(task[field])}`);
    }
  }
  const { seeds, measure } = task;
  const isSeed = (seed: unknown) => fitsRule(RUN_FIELDS.seed, seed);
  if (seeds.length === 0 || !seeds.every(isSeed) || new Set(seeds).size < seeds.length) {
    refuse(`seeds must be different whole numbers from 0, got ${showValue(seeds)}`);
  }
  checkStages(task);
  checkAxes(task);
  checkBaseline(task);
  const known = measuresOf(task);
  if (!Object.hasOwn(known, measure.name)) {
    refuse(`measure must be one of ${Object.keys(known).join(", ")}, got "${measure.name}"`);
  }
}

/**
 * An ablation: every combination of the levels of some axes, with every seed. A cell of the grid is the
 * given tasks with the changes of its levels: a pre-training, a fine-tuning or a probe of it, and an
 * evaluation. Cells with the same seed see the same clips in the same order and start from the same
 * weights, wherever their changes leave these alone.
 *
 * A level changes any field of a task, by dotted path; a misspelt path is a compile error. Of the axes, no two may
 * change the same path. With `equalCost`, pre-trainings last as many steps as the cost of the baseline's
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
  const [usual] = Object.entries(measuresOf(options));
  const [name, better] = usual ?? ["heldOutLoss", "lower"];
  const defaults: AblateTask = {
    ...DEFAULTS,
    name: "ablation",
    axes: {},
    measure: { name, better },
  };
  const task = mergeTask(defaults, [], { ...options });
  checkAblation(task);
  return task;
}
