import type { Registry } from "@videoms/core";
import {
  checkFields,
  checkGeometry,
  checkHeads,
  checkPlugins,
  checkPrecision,
  checkSchedule,
  type Refuse,
  refuser,
} from "./check_run.ts";
import { FINETUNE_FIELDS } from "./finetune_fields.ts";
import type { FinetuneTask } from "./finetune_task.ts";

/** Whether a task mixes the clips of a batch. */
export function mixesClips({ mix }: Pick<FinetuneTask, "mix">): boolean {
  return mix.mixup > 0 || mix.cutmix > 0 || mix.cutmixMinMax !== null;
}

function checkMix(task: FinetuneTask, refuse: Refuse): void {
  const { batch, data: { samples }, mix: { cutmixMinMax } } = task;
  if (mixesClips(task) && batch * samples % 2 !== 0) {
    refuse(
      `batch · data.samples must be even where clips are mixed, so that each has a partner, ` +
        `got ${batch} · ${samples}`,
    );
  }
  if (cutmixMinMax && cutmixMinMax[0] >= cutmixMinMax[1]) {
    refuse(`mix.cutmixMinMax must ascend, got [${cutmixMinMax.join(", ")}]`);
  }
}

function checkWeights({ evaluation, optimizer }: FinetuneTask, refuse: Refuse): void {
  if (evaluation.weights.endsWith("-average") && optimizer.emaDecay === null) {
    refuse(
      `evaluation.weights must name weights that the run keeps, got "${evaluation.weights}" while ` +
        "optimizer.emaDecay is null",
    );
  }
}

/**
 * Checks a whole fine-tuning task, as far as neither model nor data are needed for it.
 *
 * @param registry the plugins that the run knows; leave it out to skip the plugins' options
 * @throws {RangeError} for a value that cannot work; the message names the field and the value
 * @throws {TypeError} for a field that is not known; the message names the nearest known one
 * @example
 * ```ts
 * import { checkFinetune, defineFinetune } from "@videoms/tasks";
 *
 * checkFinetune(defineFinetune({ mix: { mixup: 0.8 }, batch: 16 }));
 * ```
 */
export function checkFinetune(task: FinetuneTask, registry?: Registry): void {
  const refuse = refuser("fine-tune");
  checkFields(task, FINETUNE_FIELDS, "fine-tune");
  if (registry) checkPlugins(task, FINETUNE_FIELDS, registry, refuse);
  checkGeometry(task.model, refuse);
  checkHeads(task.model, "", refuse);
  checkSchedule(task, refuse);
  checkPrecision(task, refuse);
  checkMix(task, refuse);
  checkWeights(task, refuse);
}
