import { countParameters, type Registry, tokenGrid } from "@videoms/core";
import {
  MaskDrift,
  MaskedAutoencoder,
  maskedAutoencoderSpecs,
  masksOf,
  pretrainClipCost,
  pretrainMemory,
} from "@videoms/models";
import { pretrainStep } from "@videoms/studio/train";
import { videoSelector } from "@videoms/studio/views";
import type { PretrainTask } from "../../definition/pretrain_task.ts";
import { costFacts, stepLoad } from "../cost/run_cost.ts";
import { autoencoderOf } from "../network/model_options.ts";
import {
  describeLosses,
  evaluateHeldOut,
  type HeldOutLosses,
  type HeldOutWatch,
  savePicture,
} from "./evaluate.ts";
import { decodeHeldOut } from "./held_out.ts";
import { checkPretrainTask } from "./pretrain_plugins.ts";
import type { RunStartOptions } from "../training/open_run.ts";
import type { RunKind, Training } from "../training/run_kind.ts";
import { type RunResult, runTraining } from "../training/run_training.ts";
import { checkStart, describeStart, startValues } from "../weights/start_weights.ts";

/** What pre-training came to. */
export interface PretrainResult extends RunResult {
  /** Of the weights on held-out clips; null if there are none, or the run was stopped. */
  loss: number | null;
  /** Of their moving average; null if there is none. */
  averageLoss: number | null;
}

/** What a run came to, but for those that have no held-out clips. */
type PretrainEnd = HeldOutLosses | null;

/** How an autoencoder is trained: the held-out clips are evaluated and drawn. */
function trainAutoencoder(watch: HeldOutWatch): Training<HeldOutLosses, PretrainEnd> {
  const { task, context, output } = watch;
  let before: PretrainEnd = null;
  return {
    recipe: { clip: task, frames: task.frames, crop: task.data.crop },
    step: (clips, change) => pretrainStep(context, clips, change),
    evaluateEvery: task.checkpointEvery,
    evaluate: (step, { print }) => evaluateHeldOut(watch, step, print),
    measured: ({ loss }) => loss,
    describe: (losses) => describeLosses(watch, losses),
    async begin(print) {
      before = await evaluateHeldOut(watch, 0, print);
    },
    async endEpoch(step, epoch) {
      const isDue = task.pictureEvery > 0 && epoch % task.pictureEvery === 0;
      if (isDue) await savePicture(watch, step);
    },
    async finish(step, losses) {
      const picture = await savePicture(watch, step);
      const start = before ? ` (${before.loss.toFixed(4)} before training)` : "";
      if (losses) output.print(describeLosses(watch, losses) + start);
      if (picture) output.print(`picture: ${picture}`);
      return losses;
    },
  };
}

/**
 * How pre-training differs from other trainings; its best checkpoint has the least loss on held-out clips.
 *
 * @throws {RangeError} for a task that cannot work
 */
export function pretraining(
  task: PretrainTask,
  registry: Registry,
): RunKind<HeldOutLosses, PretrainEnd> {
  const plugins = checkPretrainTask(task, registry);
  const { selector, objective } = plugins;
  return {
    network: "pretrain",
    best: "loss",
    lastEvents: task.data.heldOutClips > 0 ? ["evaluation", "picture"] : [],
    checkStart: () => checkStart(task),
    async figures({ text }) {
      const model = autoencoderOf(task, registry, objective);
      const { tokens } = tokenGrid(model.geometry);
      const masks = masksOf(plugins.strategy, model.geometry);
      const specs = maskedAutoencoderSpecs(model);
      const parameters = countParameters(specs);
      const counts = masks.map(({ visible, target }) =>
        `${visible} visible, ${target} targets, ${tokens - visible - target} dropped`
      );
      return {
        data: text,
        tokens: `${tokens}: ${counts.join("; once more ")}`,
        more: { start: await describeStart(task, { specs, options: model }) },
        parameters,
        cost: pretrainClipCost(model, plugins),
        memory: pretrainMemory(stepLoad(task), model, { masks, objective, parameters }),
      };
    },
    async open(prepared, resources) {
      const { videos, output: { printError: tell }, signal } = prepared;
      const model = new MaskedAutoencoder(autoencoderOf(task, registry, objective));
      resources.defer(() => model.dispose());
      const clips = videos.heldOut.slice(0, task.data.heldOutClips);
      const selectors = videoSelector(registry, task, selector);
      const heldOut = await decodeHeldOut(task, clips, selectors, { tell, signal });
      return {
        model,
        facts: costFacts(pretrainClipCost(model.options, plugins)),
        startValues: () => startValues(task, model, prepared),
        training(run) {
          const { subject: { parameters, optimizer, average }, device, gradientAverage } = run;
          const teacher = objective.needsFeatures ? average!.parameters : null;
          const own = { parameters, optimizer, gradientAverage, device, teacher };
          const context = { ...plugins, model, ...own };
          return trainAutoencoder({ ...run, task, context, heldOut, drift: new MaskDrift() });
        },
      };
    },
    earlier(run, finished) {
      const { loss } = finished.values("evaluation");
      const { loss: averageLoss = null } = finished.values("evaluation", {
        weights: "last-average",
      });
      const losses = loss === undefined ? null : { loss, averageLoss };
      if (losses) run.output.print(describeLosses(run, losses));
      return Promise.resolve(losses);
    },
  };
}

/**
 * Pre-trains a masked autoencoder, as {@linkcode runTraining} does it; its folder has pictures too.
 *
 * @param registry the plugins that the task may use
 * @throws {RangeError} for a task that cannot work, before any frame is decoded
 * @throws {NonFiniteError} if the loss or the gradients stop being finite
 * @example
 * ```ts
 * import { shapes } from "@videoms/data";
 * import { definePretrain, loadRegistry, pretrain } from "@videoms/tasks";
 *
 * const folder = await Deno.makeTempDir();
 * const task = definePretrain({
 *   name: "tiny",
 *   out: `${folder}/pretrain`,
 *   model: { width: 12, depth: 1, heads: 2, imageSize: 16, patchSize: 4, frames: 4 },
 *   data: { dataset: shapes({ videos: 4, heldOut: 2, size: 16, dir: folder }), heldOutClips: 1 },
 *   steps: 1,
 *   batch: 2,
 * });
 * const { steps, loss } = await pretrain(task, await loadRegistry());
 * console.assert(steps === 1 && loss !== null);
 * ```
 */
export async function pretrain(
  task: PretrainTask,
  registry: Registry,
  options: RunStartOptions = {},
): Promise<PretrainResult> {
  const kind = pretraining(task, registry);
  const { end, steps, stopped, folder } = await runTraining(kind, task, registry, options);
  const { loss = null, averageLoss = null } = end ?? {};
  return { steps, stopped, folder, loss, averageLoss };
}
