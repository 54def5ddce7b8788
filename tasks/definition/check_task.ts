import { type Descriptor, nearest, type Registry, tokenGrid } from "@videoms/core";
import { MODEL_SIZES } from "@videoms/models";
import { flattenFields, valueAt } from "@videoms/core/plain";
import { showValue } from "./field.ts";
import type { FieldsByPath } from "./field_table.ts";
import { type FinetuneTask, mixesClips } from "./finetune_task.ts";
import type { ProbeTask } from "./probe_task.ts";
import type { EncoderModel, RunTask } from "./run_task.ts";
import { type AnyTask, TASK_FIELDS } from "./task_kinds.ts";

function refuse(rule: string): never {
  throw new RangeError(`Cannot train: ${rule}`);
}

/**
 * Checks the fields of a task one by one.
 *
 * @throws {TypeError} for a field that is not known; the message names the nearest known one
 * @throws {RangeError} for a value that the field does not take
 */
export function checkFields(task: object, fields: FieldsByPath, act: string): void {
  const known = Object.keys(fields);
  const isKnown = (path: string) => Object.hasOwn(fields, path);
  const paths = flattenFields(
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
    if (fits(value)) continue;
    throw new RangeError(`Cannot ${act}: ${path} must be ${rule}, got ${showValue(value)}`);
  }
}

/** Checks names and options of a task's plugins. */
function checkPlugins(task: AnyTask, registry: Registry): void {
  for (const [path, { type }] of Object.entries(TASK_FIELDS[task.kind])) {
    if (type !== "plugin") continue;
    try {
      registry.describe(valueAt(task, path) as Descriptor);
    } catch (error) {
      refuse(`${path} must be valid, got: ${(error as Error).message}`);
    }
  }
}

/** Checks that the sizes of a clip fit each other, and that heads divide widths. */
function checkModel(model: EncoderModel): void {
  try {
    const { frames, tubeletSize, imageSize, patchSize } = model;
    tokenGrid({ frames, tubeletSize, imageSize, patchSize });
  } catch (error) {
    refuse(`the sizes under "model" must fit each other, got: ${(error as Error).message}`);
  }
  const chosen = Object.entries(model).filter(([, value]) => value !== null);
  const sizes: Record<string, number> = {
    ...MODEL_SIZES[model.size],
    ...Object.fromEntries(chosen),
  };
  const parts = [["heads", "width"], ["decoderHeads", "decoderWidth"]];
  for (const [heads, width] of parts.filter(([heads]) => heads in model)) {
    if (sizes[width] % sizes[heads] !== 0) {
      refuse(
        `model.${heads} must divide model.${width}, got ${sizes[heads]} and ${sizes[width]}`,
      );
    }
    if (sizes[width] % 2 !== 0) {
      refuse(
        `model.${width} must be even (positions are pairs of sine and cosine), got ${sizes[width]}`,
      );
    }
  }
}

/** Checks the learning rates, the warm-up and the precision of a run. */
function checkRun({ optimizer, epochs, steps, precision, backend }: RunTask): void {
  const { lr, minLr, warmupLr, warmupEpochs, warmupSteps, emaDecay, emaDecayEnd } = optimizer;
  const notAbove = (field: string, value: number, limit: string, most: number, advice = "") => {
    if (value > most) {
      refuse(`${field} must not exceed ${limit}, got ${value} and ${most}${advice}`);
    }
  };
  notAbove("optimizer.minLr", minLr, "optimizer.lr", lr);
  notAbove("optimizer.warmupLr", warmupLr, "optimizer.lr", lr);
  const advice = ". Shorten the warm-up or lengthen the run.";
  // How many steps an epoch has is known only with the data; what can be compared here is.
  if (steps !== null) notAbove("optimizer.warmupSteps", warmupSteps, "steps", steps, advice);
  else if (warmupSteps === 0) {
    notAbove("optimizer.warmupEpochs", warmupEpochs, "epochs", epochs, advice);
  }
  if (emaDecayEnd !== null && (emaDecay === null || emaDecay > emaDecayEnd)) {
    refuse(
      `optimizer.emaDecay must be a number up to optimizer.emaDecayEnd where that is set, got ` +
        `${emaDecay} and ${emaDecayEnd}`,
    );
  }
  if (precision === "f16" && backend !== "webgpu" && backend !== "auto") {
    refuse(`precision "f16" needs a GPU: backend must be "webgpu" or "auto", got "${backend}"`);
  }
}

/** Checks the mix of a fine-tuning, and the weights that it evaluates. */
function checkClassifier(task: FinetuneTask): void {
  const { batch, data: { samples }, mix: { cutmixMinMax }, evaluation, optimizer } = task;
  if (mixesClips(task) && batch * samples % 2 !== 0) {
    refuse(
      `batch · data.samples must be even where clips are mixed, so that each has a partner, ` +
        `got ${batch} · ${samples}`,
    );
  }
  if (cutmixMinMax && cutmixMinMax[0] >= cutmixMinMax[1]) {
    refuse(`mix.cutmixMinMax must ascend, got [${cutmixMinMax.join(", ")}]`);
  }
  if (evaluation.weights.endsWith("-average") && optimizer.emaDecay === null) {
    refuse(
      `evaluation.weights must name weights that the run keeps, got "${evaluation.weights}" while ` +
        "optimizer.emaDecay is null",
    );
  }
}

/** Checks that the heads of a probe are trained each by itself. */
function checkHeadsAlone({ optimizer }: ProbeTask): void {
  const { clipGradient, emaDecay } = optimizer;
  if (clipGradient !== null) {
    refuse(
      "optimizer.clipGradient must be null, since a norm over all heads would let them influence " +
        `each other, got ${clipGradient}`,
    );
  }
  if (emaDecay !== null) {
    refuse(`optimizer.emaDecay must be null, since probes keep no average, got ${emaDecay}`);
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
export function checkTask(task: AnyTask, registry?: Registry): void {
  checkFields(task, TASK_FIELDS[task.kind], "train");
  if (registry) checkPlugins(task, registry);
  if ("model" in task) checkModel(task.model);
  checkRun(task);
  if (task.kind === "finetune") checkClassifier(task);
  if (task.kind === "probe") checkHeadsAlone(task);
}
