import { DEVICE_FLAGS, PLUGIN_FLAG } from "./run_flags.ts";
import { basename, dirname, join } from "node:path";
import { findFfmpeg } from "@videoms/data";
import { type Command, defineCommand, type FlagSpecs } from "./line/command.ts";
import { UsageError } from "./line/parse_command.ts";
import { loadRegistry } from "../definition/plugins.ts";
import { evaluationBatch } from "../runs/finetune/validate.ts";
import { openClassifier } from "../runs/classifier/trained_classifier.ts";
import { writePng } from "../pictures/png.ts";
import { textTable } from "../output/text_table.ts";
import { formatBar, formatPercent } from "../output/progress/format.ts";
import { WEIGHT_CHOICES } from "../definition/finetune_task.ts";
import { type ClassProbability, predict } from "../evaluation/predict/predict.ts";

/** Run folder of `finetune` without a task file. */
const DEFAULT_RUN = "runs/shapes/finetune";

/** Classes that are printed where the command line does not say how many. */
const SHOWN = 5;

const BAR_WIDTH = 24;

const FLAGS = {
  run: { type: "path", value: "folder", help: `fine-tuning run (default ${DEFAULT_RUN})` },
  weights: {
    type: "text",
    choices: WEIGHT_CHOICES,
    help: "last or best checkpoint, or their moving average (default: as the task)",
  },
  top: { type: "whole", value: "count", help: `classes to print (default ${SHOWN})` },
  segments: { type: "whole", value: "count", help: "clips along time (default: the task's)" },
  crops: {
    type: "whole",
    value: "count",
    help: "squares along the longer side (default: the task's)",
  },
  out: {
    type: "path",
    value: "file",
    help: "where to draw what was looked at (default <run>/predictions/<video>.png)",
  },
  ...DEVICE_FLAGS,
  ...PLUGIN_FLAG,
} as const satisfies FlagSpecs;

export function predictionText(classes: readonly ClassProbability[]): string {
  const rows = classes.map(({ name, probability }) => [
    name,
    formatPercent(probability),
    formatBar(probability, BAR_WIDTH),
  ]);
  return textTable(rows, ["left", "right", "left"]);
}

export const predictCommand: Command = defineCommand({
  name: "predict",
  summary: "the most probable classes of a video, and a picture of the tokens that were looked at",
  description: [
    "Averages the probabilities of the views of the video, as `evaluate` does. The picture shows the view " +
    "in the middle: its frames, how much each token moves, and the tokens that the classifier saw, the " +
    "others dark.",
  ],
  positionals: [{ name: "video", type: "path", help: "a file that ffmpeg can read" }],
  flags: FLAGS,
  examples: [
    "predict clip.mp4",
    "predict clip.avi --run runs/ucf101/finetune --weights best --top 3 --out clip.png",
  ],
  async run({ flags, positionals: [video], paths, signal, output }) {
    const { run = paths.own(DEFAULT_RUN), segments, crops, top = SHOWN } = flags;
    if (top < 1) throw new UsageError(`Cannot read --top: it must be from 1, got ${top}`);
    const registry = await loadRegistry(flags.plugin);
    await findFfmpeg();
    const { weights, backend, precision } = flags;
    await using classifier = await openClassifier(run, registry, { weights, backend, precision });
    output.printError(`${classifier.device.description}\n${classifier.checkpoint.path}`);
    const { task } = classifier;
    const prediction = await predict(classifier, video, {
      segments: segments ?? task.evaluation.segments,
      crops: crops ?? task.evaluation.crops,
      batch: evaluationBatch(task),
      signal,
    });
    output.print(predictionText(prediction.classes.slice(0, top)));
    const picture = flags.out ?? join(run, "predictions", `${basename(video)}.png`);
    await Deno.mkdir(dirname(picture), { recursive: true });
    await writePng(picture, prediction.picture);
    output.print(`picture: ${picture}`);
  },
});
