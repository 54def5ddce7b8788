import {
  type BackendChoice,
  type Device,
  memoryBytes,
  openDevice,
  Parameters,
  readWeightFile,
  type Registry,
} from "@videoms/core";
import type { FrameSelector, TokenSelection } from "@videoms/masking";
import { pytorchName, readPlannedValues, VideoClassifier } from "@videoms/models";
import type { StoredCheckpoint } from "../folder/checkpoint_store.ts";
import type { FinetuneTask, WeightChoice } from "../../definition/finetune_task.ts";
import { classifierOf } from "../network/model_options.ts";
import { readCheckpoint, readSavedRun } from "../checkpoint/saved_run.ts";
import { bestOf } from "../checkpoint/best_checkpoint.ts";
import { type ClassifiedClips, classifyClips } from "./classify.ts";
import { checkFinetuneTask } from "./finetune_plugins.ts";

/** A classifier out of a fine-tuning run, to be looked at and not changed. */
export interface TrainedClassifier extends Disposable {
  /** The task that it was trained by. */
  readonly task: FinetuneTask;
  readonly model: VideoClassifier;
  readonly parameters: Parameters;
  /** Names of the classes by label. */
  readonly classes: readonly string[];
  readonly device: Device;
  readonly selector: FrameSelector;
  readonly tokens: TokenSelection;
  /** Where its weights come from. */
  readonly checkpoint: { readonly path: string; readonly step: number; readonly sha256: string };
  /**
   * Scores clips.
   *
   * @param pixels u8, row-major [B, T, H, W, 3], T what the task's frame selector asks for
   */
  score(pixels: Uint8Array, batch: number): Promise<ClassifiedClips>;
}

/** How a classifier is opened. */
export interface OpenClassifierOptions {
  weights: WeightChoice;
  /** @default "auto" */
  backend?: BackendChoice;
}

/** The last or the best checkpoint of a run. */
async function chosenCheckpoint(folder: string, weights: WeightChoice): Promise<StoredCheckpoint> {
  const last = await readCheckpoint(folder, "open a classifier");
  if (weights.startsWith("last")) return last;
  const best = bestOf(last.info, "accuracy");
  if (!best) {
    throw new Error(
      `Cannot open a classifier: the run in "${folder}" must have a validated checkpoint for weights ` +
        `"${weights}", got none; use --weights last`,
    );
  }
  return await readCheckpoint(folder, "open a classifier", best.step);
}

/** The tensors of a checkpoint on the device. */
async function parametersOf(
  model: VideoClassifier,
  { bytes, path }: StoredCheckpoint,
  average: boolean,
): Promise<Parameters> {
  const { tensors } = await readWeightFile(memoryBytes(bytes, path));
  const prefix = average ? "average." : "";
  const { specs, options: { geometry } } = model;
  const sources = new Map(
    specs.map((spec) => [spec.name, prefix + pytorchName(spec.name, "classifier")]),
  );
  const missing = [...sources.values()].find((name) => !tensors.has(name));
  if (missing !== undefined) {
    throw new RangeError(
      average
        ? `Cannot open a classifier: ${path} must hold averaged weights, got none; they are kept ` +
          "by runs with optimizer.emaDecay"
        : `Cannot open a classifier: ${path} must hold tensor "${missing}", got none`,
    );
  }
  return new Parameters(specs, await readPlannedValues({ sources }, tensors, { specs, geometry }));
}

/**
 * Opens the classifier of a fine-tuning run, without taking the run's lock.
 *
 * @param runFolder such as `runs/shapes/finetune`
 * @throws {Error} if there is no such run, or none of its checkpoints is whole
 * @throws {RangeError} if it has no such weights
 */
export async function openClassifier(
  runFolder: string,
  registry: Registry,
  { weights, backend = "auto" }: OpenClassifierOptions,
): Promise<TrainedClassifier> {
  const { record } = await readSavedRun(runFolder, "open a classifier");
  const { task } = record;
  if (task.kind !== "finetune") {
    throw new Error(
      `Cannot open a classifier: "${runFolder}" must hold a fine-tuning run, got one of kind ` +
        `"${task.kind}"`,
    );
  }
  const { selector, tokens } = checkFinetuneTask(task, registry);
  const classes = record.classes as string[];
  const stored = await chosenCheckpoint(runFolder, weights);
  const device = await openDevice({ backend });
  const model = new VideoClassifier(classifierOf(task, classes.length, registry));
  let parameters: Parameters;
  try {
    parameters = await parametersOf(model, stored, weights.endsWith("-average"));
  } catch (error) {
    model.dispose();
    throw error;
  }
  const context = { model, parameters, selector, tokens };
  return {
    ...context,
    task,
    classes,
    device,
    checkpoint: { path: stored.path, step: stored.step, sha256: stored.sha256 },
    score: (pixels, batch) => classifyClips(context, parameters, { pixels, batch }),
    [Symbol.dispose]() {
      parameters.dispose();
      model.dispose();
    },
  };
}
