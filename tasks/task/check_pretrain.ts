import { nearest, type Registry, tokenGrid } from "@videoms/core";
import { MODEL_SIZES } from "@videoms/models";
import { describeRule, type FieldRule, fitsRule, showValue } from "./field_rule.ts";
import { PRETRAIN_FIELDS } from "./pretrain_fields.ts";
import type { PretrainTask } from "./pretrain_task.ts";
import { fieldAt, unknownFields } from "./task_fields.ts";

function fail(rule: string): never {
  throw new RangeError(`Cannot pre-train: ${rule}`);
}

function checkFields(task: PretrainTask): void {
  const [unknown] = unknownFields(task, PRETRAIN_FIELDS);
  if (unknown !== undefined) {
    throw new TypeError(
      `Cannot pre-train: unknown field "${unknown}"; ${
        nearest(unknown, Object.keys(PRETRAIN_FIELDS))
      }`,
    );
  }
  for (const [path, rule] of Object.entries<FieldRule>(PRETRAIN_FIELDS)) {
    const value = fieldAt(task, path);
    if (!fitsRule(rule, value)) {
      fail(`${path} must be ${describeRule(rule)}, got ${showValue(value)}`);
    }
  }
}

function checkPlugins(task: PretrainTask, registry: Registry): void {
  for (const [path, rule] of Object.entries<FieldRule>(PRETRAIN_FIELDS)) {
    if (rule.type !== "plugin") continue;
    try {
      registry.describe(fieldAt(task, path) as { kind: typeof rule.kind; name: string });
    } catch (error) {
      fail(`${path} must be set up rightly, got: ${(error as Error).message}`);
    }
  }
}

function checkModel({ model }: PretrainTask): void {
  try {
    const { frames, tubeletSize, imageSize, patchSize } = model;
    tokenGrid({ frames, tubeletSize, imageSize, patchSize });
  } catch (error) {
    fail(`the sizes under "model" must fit each other, got: ${(error as Error).message}`);
  }
  const size = MODEL_SIZES[model.size];
  const pairs = [
    ["model.heads", "model.width", model.heads ?? size.heads, model.width ?? size.width],
    [
      "model.decoderHeads",
      "model.decoderWidth",
      model.decoderHeads ?? size.decoderHeads,
      model.decoderWidth ?? size.decoderWidth,
    ],
  ] as const;
  for (const [headsPath, widthPath, heads, width] of pairs) {
    if (width % heads !== 0) {
      fail(`${headsPath} must divide ${widthPath}, got ${heads} and ${width}`);
    }
    if (width % 2 !== 0) {
      fail(`${widthPath} must be even (positions are pairs of sine and cosine), got ${width}`);
    }
  }
}

function checkSchedule({ optimizer, epochs, steps }: PretrainTask): void {
  const { lr, minLr, warmupLr, warmupEpochs, warmupSteps } = optimizer;
  if (minLr > lr) fail(`optimizer.minLr must not exceed optimizer.lr, got ${minLr} and ${lr}`);
  if (warmupLr > lr) {
    fail(`optimizer.warmupLr must not exceed optimizer.lr, got ${warmupLr} and ${lr}`);
  }
  const advice = "Shorten the warm-up or lengthen the run";
  // How many steps an epoch has is known only with the data; what can be compared here is.
  if (steps !== null && warmupSteps > steps) {
    fail(
      `optimizer.warmupSteps must not exceed steps, got ${warmupSteps} and ${steps}. ${advice}.`,
    );
  }
  if (steps === null && warmupSteps === 0 && warmupEpochs > epochs) {
    fail(
      `optimizer.warmupEpochs must not exceed epochs, got ${warmupEpochs} and ${epochs}. ${advice}.`,
    );
  }
}

/**
 * Checks a whole pre-training task, as far as neither model nor data are needed for it.
 *
 * @param registry the plugins that the run knows; leave it out to skip the plugins' options
 * @throws {RangeError} for a value that cannot work; the message names the field and the value
 * @throws {TypeError} for a field that is not known; the message names the nearest known one
 * @example
 * ```ts
 * import { checkPretrain, definePretrain } from "@videoms/tasks";
 *
 * checkPretrain(definePretrain({ epochs: 100 }));
 * ```
 */
export function checkPretrain(task: PretrainTask, registry?: Registry): void {
  checkFields(task);
  if (registry) checkPlugins(task, registry);
  checkModel(task);
  checkSchedule(task);
}
