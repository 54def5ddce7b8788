import { formatBar, formatNumber, formatPercent, textTable } from "@videoms/core/plain";
import { basename, dirname, join } from "node:path";
import { findFfmpeg, type LabelPair, mapLabels, readLabelPairs, videoAt } from "@videoms/data";
import { writePng } from "@videoms/data/pictures";
import { loadRegistry } from "../definition/plugins.ts";
import {
  type ClassProbability,
  predict,
  type PredictedNumber,
} from "../evaluation/predict/predict.ts";
import { folderOfSaved } from "../runs/checkpoint/saved_run.ts";
import {
  mappedClassifier,
  openClassifier,
  type TrainedClassifier,
} from "../runs/classifier/trained_classifier.ts";
import { evaluationBatch } from "../runs/finetune/validate.ts";
import { type Command, defineCommand } from "@videoms/data/console";
import { DEVICE_FLAGS, PLUGIN_FLAG } from "./run_flags.ts";
import { DEFAULT_CLASSIFIER, VIEW_FLAGS } from "./view_flags.ts";

const BAR_WIDTH = 24;

export function predictionText(classes: readonly ClassProbability[]): string {
  const rows = classes.map(({ name, probability }) => [
    name,
    formatPercent(probability),
    formatBar(probability, BAR_WIDTH),
  ]);
  return textTable(rows, ["left", "right", "left"]);
}

function numbersText(numbers: readonly PredictedNumber[]): string {
  return textTable(numbers.map(({ name, value }) => [name, formatNumber(value)]), [
    "left",
    "right",
  ]);
}

/** A classifier of the classes that a label map names, in its order. */
function mappedByPairs(
  classifier: TrainedClassifier,
  pairs: readonly LabelPair[],
): TrainedClassifier {
  const names = [...new Set(pairs.map((pair) => pair.class))];
  return mappedClassifier(classifier, names, mapLabels(classifier.classes, names, pairs));
}

export const command: Command = defineCommand({
  summary:
    "predict the most probable classes of a video, and draw the tokens that the classifier kept",
  description: [
    "Averages the probabilities of the views of the video, as `evaluate` does. The picture shows the view " +
    "in the middle: its frames, how much each token moves, and the kept tokens, the others dark.",
  ],
  positionals: [{
    name: "video",
    type: "path",
    help: "a file that ffmpeg can read, or a folder of images",
  }],
  flags: {
    run: {
      type: "folder",
      help: `fine-tuning run, or a checkpoint of one (default ${DEFAULT_CLASSIFIER})`,
    },
    ...VIEW_FLAGS,
    imageFps: { type: "number", default: 0, help: "frames per second of a folder of images" },
    labelMap: {
      type: "path",
      help: "CSV with columns head and class: predict these classes in place of the classifier's",
    },
    top: { type: "whole", least: 1, default: 5, help: "classes to print" },
    out: {
      type: "file",
      help: "picture of the kept tokens (default <run>/predictions/<video>.png)",
    },
    ...DEVICE_FLAGS,
    ...PLUGIN_FLAG,
  },
  examples: [
    "predict clip.mp4",
    "predict clip.avi --run runs/ucf101/finetune --weights best --top 3 --out clip.png",
  ],
  async run({ flags, positionals: [video], paths, signal, output }) {
    const { run = paths.own(DEFAULT_CLASSIFIER), top } = flags;
    const registry = await loadRegistry(flags.plugin);
    await findFfmpeg();
    const readable = await videoAt(video, flags.imageFps);
    const pairs = flags.labelMap === undefined ? null : await readLabelPairs(flags.labelMap);
    await using trained = await openClassifier(run, registry, flags);
    const classifier = pairs ? mappedByPairs(trained, pairs) : trained;
    output.printError(`${classifier.device.description}\n${classifier.checkpoint.path}`);
    const { task } = classifier;
    const { segments = task.evaluation.segments, crops = task.evaluation.crops } = flags;
    const views = { segments, crops, batch: evaluationBatch(task), signal };
    const prediction = await predict(classifier, readable, views);
    const { classes, numbers } = prediction;
    output.print(
      numbers.length > 0 ? numbersText(numbers) : predictionText(classes.slice(0, top)),
    );
    const picture = flags.out ??
      join(await folderOfSaved(run), "predictions", `${basename(video)}.png`);
    await Deno.mkdir(dirname(picture), { recursive: true });
    await writePng(picture, prediction.picture);
    output.print(`picture: ${picture}`);
  },
});
