import { nearest, type PluginKind, type Registry, tokenGrid } from "@videoms/core";
import { MODEL_SIZES } from "@videoms/models";
import { describeRule, type FieldRule, fitsRule, showValue } from "./field_rule.ts";
import type { EncoderModel, RunTask } from "./run_task.ts";
import { fieldAt, unknownFields } from "./task_fields.ts";

/** Refuses a task: "Cannot pre-train: …". */
export type Refuse = (rule: string) => never;

/** {@linkcode Refuse} for what a task is to do, such as "pre-train". */
export function refuser(act: string): Refuse {
  return (rule) => {
    throw new RangeError(`Cannot ${act}: ${rule}`);
  };
}

/**
 * Checks every field of a task by its rule.
 *
 * @throws {TypeError} for a field without a rule; the message names the nearest known one
 * @throws {RangeError} for a value that its rule does not allow
 */
export function checkFields(
  task: object,
  rules: Readonly<Record<string, FieldRule>>,
  act: string,
): void {
  const [unknown] = unknownFields(task, rules);
  if (unknown !== undefined) {
    throw new TypeError(
      `Cannot ${act}: unknown field "${unknown}"; ${nearest(unknown, Object.keys(rules))}`,
    );
  }
  for (const [path, rule] of Object.entries(rules)) {
    const value = fieldAt(task, path);
    if (!fitsRule(rule, value)) {
      refuser(act)(`${path} must be ${describeRule(rule)}, got ${showValue(value)}`);
    }
  }
}

/** Checks names and options of a task's plugins, by making what they make. */
export function checkPlugins(
  task: object,
  rules: Readonly<Record<string, FieldRule>>,
  registry: Registry,
  refuse: Refuse,
): void {
  for (const [path, rule] of Object.entries(rules)) {
    if (rule.type !== "plugin") continue;
    try {
      registry.describe(fieldAt(task, path) as { kind: PluginKind; name: string });
    } catch (error) {
      refuse(`${path} must be set up rightly, got: ${(error as Error).message}`);
    }
  }
}

/** Checks that the sizes of a clip fit each other. */
export function checkGeometry(model: EncoderModel, refuse: Refuse): void {
  try {
    const { frames, tubeletSize, imageSize, patchSize } = model;
    tokenGrid({ frames, tubeletSize, imageSize, patchSize });
  } catch (error) {
    refuse(`the sizes under "model" must fit each other, got: ${(error as Error).message}`);
  }
}

/** Checks that heads divide a width; `part` is "" for the encoder, "decoder" for the decoder. */
export function checkHeads(
  model: EncoderModel & { decoderWidth?: number | null; decoderHeads?: number | null },
  part: "" | "decoder",
  refuse: Refuse,
): void {
  const size = MODEL_SIZES[model.size];
  const [headsField, widthField] = part === ""
    ? ["heads", "width"] as const
    : ["decoderHeads", "decoderWidth"] as const;
  const heads = model[headsField] ?? size[headsField];
  const width = model[widthField] ?? size[widthField];
  if (width % heads !== 0) {
    refuse(`model.${headsField} must divide model.${widthField}, got ${heads} and ${width}`);
  }
  if (width % 2 !== 0) {
    refuse(
      `model.${widthField} must be even (positions are pairs of sine and cosine), got ${width}`,
    );
  }
}

/** Checks rates and warm-up of a run. */
export function checkSchedule(
  { optimizer, epochs, steps }: Pick<RunTask, "optimizer" | "epochs" | "steps">,
  refuse: Refuse,
): void {
  const { lr, minLr, warmupLr, warmupEpochs, warmupSteps } = optimizer;
  if (minLr > lr) refuse(`optimizer.minLr must not exceed optimizer.lr, got ${minLr} and ${lr}`);
  if (warmupLr > lr) {
    refuse(`optimizer.warmupLr must not exceed optimizer.lr, got ${warmupLr} and ${lr}`);
  }
  const advice = "Shorten the warm-up or lengthen the run";
  // How many steps an epoch has is known only with the data; what can be compared here is.
  if (steps !== null && warmupSteps > steps) {
    refuse(
      `optimizer.warmupSteps must not exceed steps, got ${warmupSteps} and ${steps}. ${advice}.`,
    );
  }
  if (steps === null && warmupSteps === 0 && warmupEpochs > epochs) {
    refuse(
      `optimizer.warmupEpochs must not exceed epochs, got ${warmupEpochs} and ${epochs}. ${advice}.`,
    );
  }
}

/** Checks that the backend that is asked for can compute in the precision that is. */
export function checkPrecision(
  { precision, backend }: Pick<RunTask, "precision" | "backend">,
  refuse: Refuse,
): void {
  if (precision === "f16" && backend !== "webgpu" && backend !== "auto") {
    refuse(`precision "f16" needs a GPU: backend must be "webgpu" or "auto", got "${backend}"`);
  }
}
