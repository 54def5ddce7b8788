import {
  type Device,
  memoryBytes,
  type Parameters,
  readWeightFile,
  type Registry,
} from "@videoms/core";
import type { RawClips } from "@videoms/data";
import type { StoredCheckpoint } from "@videoms/data/files";
import type { FrameSelector, TokenSelection } from "@videoms/masking";
import {
  mapLogits,
  type MappedLabels,
  storedParameters,
  type Targets,
  VideoClassifier,
} from "@videoms/models";
import type { FinetuneTask, WeightChoice } from "../../definition/finetune_task.ts";
import { bestOf } from "../checkpoint/best_checkpoint.ts";
import { readCheckpoint, readSavedRun } from "../checkpoint/saved_run.ts";
import { type ClassifiedClips, classifyClips } from "@videoms/studio/classify";
import { checkFinetuneTask } from "./finetune_plugins.ts";
import { classifierOf } from "../network/model_options.ts";
import { type DeviceChoice, openTaskDevice } from "../network/task_device.ts";

/** A classifier out of a fine-tuning run, to be looked at and not changed. */
export interface TrainedClassifier extends AsyncDisposable {
  readonly task: FinetuneTask;
  readonly model: VideoClassifier;
  readonly parameters: Parameters;
  /** Names of the classes, or of what is predicted in place of a class. */
  readonly classes: readonly string[];
  /** What is predicted in place of a class; null for classes. */
  readonly targets: Targets | null;
  /** Closed with it. */
  readonly device: Device;
  readonly selector: FrameSelector;
  readonly tokens: TokenSelection;
  readonly weights: WeightChoice;
  readonly checkpoint: { readonly path: string; readonly step: number; readonly sha256: string };
  /**
   * Scores clips.
   *
   * @param clips u8, row-major [B, T, H, W, 3], T what the task's frame selector asks for
   */
  score(clips: RawClips): Promise<ClassifiedClips>;
}

/**
 * A classifier whose labels count for other classes.
 *
 * @param names of the classes
 * @throws {RangeError} if it predicts no classes
 */
export function mappedClassifier(
  classifier: TrainedClassifier,
  names: readonly string[],
  map: MappedLabels,
): TrainedClassifier {
  if (classifier.targets) {
    throw new RangeError(
      `Cannot map labels: classes must be predicted, got ${classifier.targets.kind}`,
    );
  }
  return {
    ...classifier,
    classes: names,
    async score(clips) {
      const { logits, ...more } = await classifier.score(clips);
      return { ...more, logits: mapLogits(map, logits) };
    },
  };
}

/** How a classifier is opened; what is left out is as its task says. */
export interface OpenClassifierOptions extends DeviceChoice {
  weights?: WeightChoice;
  /** Another token selection than the task's. */
  changeTokens?: (tokens: FinetuneTask["tokens"]) => FinetuneTask["tokens"];
}

/**
 * The checkpoint of a fine-tuning run that its weights are taken from.
 *
 * @throws {Error} if there is none
 */
export async function chosenCheckpoint(
  folder: string,
  weights: WeightChoice,
): Promise<StoredCheckpoint> {
  const last = await readCheckpoint(folder);
  if (weights.startsWith("last")) return last;
  const best = bestOf(last.info, "accuracy");
  if (!best) {
    throw new Error(
      `Cannot load weights "${weights}": the run in "${folder}" must have a validated checkpoint, ` +
        "got none; use --weights last",
    );
  }
  return await readCheckpoint(folder, best.step);
}

/**
 * The task and the classes of a fine-tuning run.
 *
 * @throws {Error} if there is no such run
 */
export async function readClassifierRun(
  runFolder: string,
): Promise<Pick<TrainedClassifier, "task" | "classes" | "targets">> {
  const { task, classes, targets = null } = await readSavedRun(runFolder);
  if (task.kind === "finetune") {
    return { task, classes: classes as string[], targets: targets as Targets | null };
  }
  throw new Error(
    `Cannot load a classifier: "${runFolder}" must hold a fine-tuning run, got one of kind "${task.kind}"`,
  );
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
  options: OpenClassifierOptions = {},
): Promise<TrainedClassifier> {
  const { task: saved, classes, targets } = await readClassifierRun(runFolder);
  const { changeTokens = (tokens) => tokens } = options;
  const task = { ...saved, tokens: changeTokens(saved.tokens) };
  const { selector, tokens } = checkFinetuneTask(task, registry);
  const weights = options.weights ?? task.evaluation.weights;
  const stored = await chosenCheckpoint(runFolder, weights);
  const { path } = stored;
  const { tensors } = await readWeightFile(memoryBytes(stored.bytes, path));
  await using resources = new AsyncDisposableStack();
  const device = resources.use(await openTaskDevice(task, options));
  const model = new VideoClassifier(classifierOf(task, classes.length, registry));
  resources.defer(() => model.dispose());
  const network = { network: "classifier", model, tensors, path } as const;
  const average = weights.endsWith("-average");
  const parameters = await storedParameters(network, "load weights", average);
  resources.defer(() => parameters.dispose());
  const owned = resources.move();
  const context = { model, parameters, selector, tokens };
  return {
    ...context,
    task,
    classes,
    targets,
    device,
    weights,
    checkpoint: { path, step: stored.step, sha256: stored.sha256 },
    score: (clips) => classifyClips(context, parameters, clips),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
