import { formatNumber, formatPercent } from "@videoms/core/plain";
import { type LabelledVideo, scoreViews, videoAt } from "@videoms/data";
import { type Canvas, clipSheet, ClipTiles } from "@videoms/data/pictures";
import type { ImportanceOptions } from "@videoms/masking";
import { patchify, predictionsOf, softmax } from "@videoms/models";
import { clipImportance } from "@videoms/studio/classify";
import { evaluationViews, type ViewCounts } from "@videoms/studio/views";
import { basename } from "node:path";
import type { TrainedClassifier } from "../../runs/classifier/trained_classifier.ts";

/** A class or a label and its probability, from 0 to 1. */
export interface ClassProbability {
  name: string;
  probability: number;
}

/** A number that is predicted, in its own unit. */
export interface PredictedNumber {
  name: string;
  value: number;
}

/** What a classifier says of a video. */
export interface Prediction {
  /** All classes or labels, the most probable first; none where numbers are predicted. */
  classes: ClassProbability[];
  /** The numbers; none where classes or labels are predicted. */
  numbers: PredictedNumber[];
  views: number;
  /** The view in the middle: frames, importance and the tokens that were looked at. */
  picture: Canvas;
}

/** Views of a video, and how many of them make a batch. */
export interface PredictOptions extends ViewCounts {
  batch: number;
  signal?: AbortSignal;
}

interface LookedAtClip {
  /** u8, row-major [F, H, W, 3]. */
  pixels: Uint8Array;
  /** int32 [K], the kept tokens. */
  kept: Int32Array;
}

/** Predictions of every view summed up, and the view in the middle. */
interface LookedAtVideo {
  sums: Float64Array;
  views: number;
  middle: LookedAtClip;
}

async function lookAt(
  classifier: TrainedClassifier,
  video: LabelledVideo,
  { segments, crops, batch, signal }: PredictOptions,
): Promise<LookedAtVideo> {
  const { task, selector, classes, targets } = classifier;
  const sums = new Float64Array(classes.length);
  let views = 0;
  let middle: LookedAtClip | null = null;
  const scoring = scoreViews({
    videos: [video],
    views: evaluationViews(task, selector, { segments, crops }),
    batch,
    size: task.model.imageSize,
    processes: task.data.workers || undefined,
    signal,
  }, classifier.score);
  for await (const { clips, failed, scores } of scoring) {
    if (failed.length > 0) {
      const { path } = video.record;
      throw new Error(`Cannot predict: ${path} must be readable, got: ${failed[0].error}`);
    }
    const { logits, pixels, kept } = scores!;
    const clipBytes = pixels.length / clips.length;
    clips.forEach(({ segment, crop }, b) => {
      const own = logits.subarray(b * classes.length, (b + 1) * classes.length);
      const predicted = targets ? predictionsOf(targets, own) : softmax(own);
      predicted.forEach((value, i) => sums[i] += value);
      if (segment === segments >> 1 && crop === crops >> 1) {
        middle = { pixels: pixels.slice(b * clipBytes, (b + 1) * clipBytes), kept: kept[b] };
      }
    });
    views += clips.length;
  }
  return { sums, views, middle: middle! };
}

/** The importance of a clip's tokens, [N]; null if the classifier does not choose by it. */
async function importanceOf(
  classifier: TrainedClassifier,
  pixels: Uint8Array,
): Promise<Float32Array | null> {
  const { tokens, task, model } = classifier;
  if (!tokens.needsEmbeddings) return null;
  const patches = patchify(pixels, model.options.geometry);
  try {
    const rows = await clipImportance(
      classifier,
      patches,
      task.tokens.options as ImportanceOptions,
    );
    return rows && rows[0];
  } finally {
    patches.dispose();
  }
}

/**
 * A sheet of a clip: its frames, how much each token moves if the classifier chooses by that, and the
 * tokens that it kept, the others dark. One column a tubelet, of which the first frame is shown.
 */
async function clipPicture(
  classifier: TrainedClassifier,
  { pixels, kept }: LookedAtClip,
  title: string,
): Promise<Canvas> {
  const { grid, options: { geometry } } = classifier.model;
  const tiles = new ClipTiles(pixels, geometry);
  const label = [`${kept.length} of ${grid.tokens}`, "tokens kept"];
  const rows = [
    ...tiles.rows(await importanceOf(classifier, pixels)),
    tiles.row(label, (frame) => tiles.tokens(frame, { visible: kept })),
  ];
  return clipSheet(rows, title, tiles.firsts);
}

/**
 * Classifies a video, of which the path is enough: softmax of each view, mean over the views, as evaluations do; or
 * predicts its labels or numbers.
 *
 * @throws {Error} if the file cannot be read
 * @example
 * ```ts
 * import { shapes } from "@videoms/data";
 * import { defineFinetune, finetune, loadRegistry, openClassifier, predict } from "@videoms/tasks";
 *
 * const folder = await Deno.makeTempDir();
 * const task = defineFinetune({
 *   name: "tiny",
 *   out: `${folder}/finetune`,
 *   model: { width: 12, depth: 1, heads: 2, imageSize: 16, patchSize: 4, frames: 4 },
 *   data: { dataset: shapes({ videos: 4, heldOut: 2, size: 16, dir: folder }) },
 *   steps: 1,
 *   batch: 2,
 * });
 * const registry = await loadRegistry();
 * await finetune(task, registry);
 * await using classifier = await openClassifier(task.out!, registry, { weights: "last" });
 * const video = `${folder}/v2-16px-48f-16fps-4+2-seed0/held_out/00000.mp4`;
 * const { classes } = await predict(classifier, video, { segments: 1, crops: 1, batch: 1 });
 * console.assert(classes.length === 10 && classes[0].probability >= classes[1].probability);
 * ```
 */
export async function predict(
  classifier: TrainedClassifier,
  video: string | LabelledVideo,
  options: PredictOptions,
): Promise<Prediction> {
  const looked = typeof video === "string" ? await videoAt(video) : video;
  const { sums, views, middle } = await lookAt(classifier, looked, options);
  const means = classifier.classes.map((name, i) => ({ name, value: sums[i] / views }));
  const numbers = classifier.targets?.kind === "numbers" ? means : [];
  const classes = numbers.length > 0 ? [] : means
    .map(({ name, value }) => ({ name, probability: value }))
    .sort((a, b) => b.probability - a.probability);
  const shown = numbers.length > 0
    ? `${numbers[0].name} ${formatNumber(numbers[0].value)}`
    : `${classes[0].name} ${formatPercent(classes[0].probability)}`;
  const title = `${basename(looked.record.path)}: ${shown}`;
  return { classes, numbers, views, picture: await clipPicture(classifier, middle, title) };
}
