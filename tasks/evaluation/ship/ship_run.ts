import { countParameters, median, storedTensor, writeSafetensors } from "@videoms/core";
import { toPyTorch } from "@videoms/models";
import type { ShipSiteOptions } from "@videoms/studio";
import type { ViewCounts } from "@videoms/studio/views";
import type { TrainedClassifier } from "../../runs/classifier/trained_classifier.ts";
import { encoderSizes, geometryOf } from "../../runs/network/model_options.ts";
import type { FeatureType } from "../extract/view_features.ts";

/** Clips by which the time of one is measured, after one that compiles kernels. */
const TIMED = 5;

/** The weights of a classifier as a safetensors file without anything of its training. */
export async function classifierWeights(
  { model, parameters }: TrainedClassifier,
  type: FeatureType,
): Promise<Uint8Array<ArrayBuffer>> {
  const { specs, options: { geometry } } = model;
  const named = toPyTorch(specs, await parameters.read(), geometry, "classifier");
  const tensors = [...named].map(([name, { shape, values }]) =>
    [name, storedTensor(type === "float16" ? new Float16Array(values) : values, shape)] as const
  );
  return await new Blob(writeSafetensors(new Map(tensors)) as BlobPart[]).bytes();
}

/** What a page needs to know of a classifier. */
export function shipSettings(
  { task, classes, targets }: TrainedClassifier,
  views: ViewCounts,
): ShipSiteOptions["settings"] {
  if (targets) {
    throw new RangeError(`Cannot prepare a page: the run must have classes, got ${targets.kind}`);
  }
  const { samplingRate, fps } = task.data;
  const geometry = geometryOf(task);
  return {
    name: task.name,
    classes,
    model: {
      geometry,
      encoder: encoderSizes(task.model),
      backbone: task.model.backbone,
      positions: task.model.positions,
    },
    clips: { model: geometry, data: { samplingRate, fps } },
    frames: task.frames,
    tokens: task.tokens,
    views,
  };
}

/** The median time of a clip on the device of a classifier, in milliseconds. */
export async function clipTime(
  { score, selector, task, model: { options: { geometry } } }: TrainedClassifier,
): Promise<number> {
  const side = task.model.imageSize;
  const frames = selector.candidateFrames(geometry);
  const pixels = Uint8Array.from(
    { length: frames * side * side * 3 },
    (_, i) => i * 2_654_435_761 >>> 24,
  );
  const times: number[] = [];
  for (let i = 0; i <= TIMED; i++) {
    const begin = performance.now();
    await score({ pixels, batch: 1 });
    times.push(performance.now() - begin);
  }
  return median(times.slice(1));
}

/** What is to be known of a classifier, in Markdown. */
export function modelCard(
  { task, classes, checkpoint, weights, model }: TrainedClassifier,
  licence: string,
): string {
  const parameters = countParameters(model.specs);
  const { frames, imageSize } = task.model;
  return `# ${task.name}

A classifier of videos, trained with VideoMS. It sees clips of ${frames} frames of ${imageSize} × ${imageSize} pixels, and of
them the tokens that the plugin "${task.tokens.name}" chooses.

- Classes (${classes.length}): ${classes.join(", ")}
- Network: ${parameters} parameters; weights "${weights}" of step ${checkpoint.step}, checkpoint ${checkpoint.sha256}
- Trained on: ${task.data.dataset.name}
- Licence of the weights: ${licence}

It answers with one of its classes whatever it is shown, and its probabilities are not calibrated. It was trained on
the data above alone; what it says of other videos has not been measured.
`;
}
