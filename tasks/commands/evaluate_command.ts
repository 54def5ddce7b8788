import { formatCommand, formatPercent } from "@videoms/core/plain";
import { dirname, join } from "node:path";
import { currentLaunch } from "@videoms/core";
import { type Shard, shareOfRank, SPLITS } from "@videoms/data";
import { loadRegistry } from "../definition/plugins.ts";
import { CONTROLS, controlsText } from "../evaluation/evaluate/control.ts";
import { evaluate, type Evaluation, summarize } from "../evaluation/evaluate/evaluate.ts";
import { scoresPath, writeSummary } from "../evaluation/evaluate/evaluation_folder.ts";
import { mergeScores } from "../evaluation/evaluate/merge_scores.ts";
import { readScores, writeScores } from "../evaluation/evaluate/scores_file.ts";
import { summaryText } from "../evaluation/evaluate/summary_text.ts";
import {
  type Command,
  defineCommand,
  type FlagSpecs,
  flagTitle,
  type FlagValues,
  type Output,
  UsageError,
} from "@videoms/data/console";
import { onRanks } from "./line/on_ranks.ts";
import { DEVICE_FLAGS, PLUGIN_FLAG, shardOf } from "./run_flags.ts";
import { DEFAULT_CLASSIFIER, VIEW_FLAGS } from "./view_flags.ts";

const FLAGS = {
  ...VIEW_FLAGS,
  batch: { type: "whole", value: "clips", help: "clips of a forward pass" },
  ...DEVICE_FLAGS,
  split: { type: "text", choices: SPLITS, help: "list of the data set (default test)" },
  annotations: { type: "list", help: "videos to evaluate on, one `path label` a line" },
  dataRoot: {
    type: "folder",
    help: "base of relative paths in lists (default: each list's own folder)",
  },
  labelMap: {
    type: "path",
    help:
      "CSV with columns head and class, names or numbers: what the labels of the classifier count for in the list " +
      "(default: classes of the same names, where the list has others)",
  },
  shard: { type: "text", value: "i/n", help: "score every n-th video only, from the i-th on" },
  merge: {
    type: "path",
    value: "scores",
    repeat: true,
    help: "score file of a shard, to be joined with others",
  },
  rescore: { type: "path", value: "scores", help: "summarise a score file without the model" },
  useSegments: {
    type: "text",
    value: "places",
    help: "segments to average by --rescore, such as 0,2 (default all)",
  },
  useCrops: { type: "text", value: "places", help: "crops to average by --rescore (default all)" },
  control: {
    type: "text",
    choices: CONTROLS,
    repeat: true,
    help:
      "change clips to see whether the classifier uses motion, beside the evaluation itself: one frame " +
      "repeated, frames in a drawn order, backwards, the tokens that move least",
  },
  out: { type: "folder", help: "where to write (default: below the run folder)" },
  fresh: { type: "boolean", help: "score anew what an earlier evaluation scored" },
  ...PLUGIN_FLAG,
} as const satisfies FlagSpecs;

type Flags = FlagValues<typeof FLAGS>;

/** Places of views from the command line, such as `0,2`. */
function placesOf(flag: string, text: string | undefined): number[] | undefined {
  const parts = text?.split(",").map((part) => part.trim());
  if (!parts || parts.every((part) => /^\d+$/.test(part))) return parts?.map(Number);
  throw new UsageError(
    `Cannot read --${flag}: it must be whole numbers with commas between them, such as 0,2, got "${text}"`,
  );
}

/** What the command can be used for, and the options that have a meaning then. */
const USES = {
  merge: ["merge", "out"],
  rescore: ["rescore", "useSegments", "useCrops", "out"],
  score: Object.keys(FLAGS).filter((name) => !/^(merge|rescore|use.*)$/.test(name)),
} as const satisfies Record<string, readonly string[]>;

/** Which use is asked for; refuses what is for another one. */
function useOf(flags: Flags, runFolder: string | undefined): keyof typeof USES {
  const given = Object.entries(flags).filter(([, value]) => [value].flat()[0] !== undefined)
    .map(([name]) => name);
  const use = given.includes("merge") ? "merge" : given.includes("rescore") ? "rescore" : "score";
  const known: readonly string[] = USES[use];
  const other = given.find((name) => !known.includes(name));
  const where = use === "score" ? "without --rescore" : `with --${use}`;
  if (other) throw new UsageError(`Cannot read ${flagTitle(other)}: it must not be given ${where}`);
  if (use !== "score" && runFolder !== undefined) {
    throw new UsageError(
      `Cannot evaluate: no run folder must be given ${where}, got "${runFolder}"`,
    );
  }
  if (given.includes("control") && given.includes("shard")) {
    throw new UsageError("Cannot read --control: it must not be given with --shard");
  }
  if (given.includes("annotations") && given.includes("split")) {
    throw new UsageError("Cannot read --split: it must not be given with --annotations");
  }
  return use;
}

function timeText({ scores: { segments, crops }, done }: Evaluation): string {
  const { views, seconds, waitSeconds } = done;
  if (views === 0) return "Every view had been scored before.";
  const perVideo = seconds / views * segments * crops;
  const waiting = formatPercent(waitSeconds / seconds);
  return `${perVideo.toPrecision(3)} s a video, ${waiting} of it waiting for decoded clips`;
}

function report(output: Output, evaluation: Evaluation, shard: Shard | undefined): void {
  const { folder, file, scores, summary, unfinished } = evaluation;
  if (!summary) {
    output.printError(
      `Stopped with ${unfinished} videos to go; the same command resumes from ${file}`,
    );
    return;
  }
  if (shard) output.print(`Shard ${shard.index} of ${shard.count} only:`);
  output.print(summaryText(scores, summary));
  output.print(`\n${timeText(evaluation)}`);
  if (shard) {
    const { count } = shard;
    const merges = Array.from(
      { length: count },
      (_, i) => ["--merge", scoresPath(folder, { index: i + 1, count })],
    );
    const next = formatCommand("deno", "task", "evaluate", ...merges.flat());
    output.print(`scores: ${file}\nnext, when every shard is done: ${next}`);
  } else output.print(`figures, confusion matrix and scores: ${folder}`);
}

/** Joins score files, and keeps and prints what they come to. */
async function merge(
  { merge: files, out = dirname(files[0]) }: Pick<Flags, "merge" | "out">,
  output: Output,
) {
  const shards = files.map(async (name) => ({ name, scores: await readScores(name) }));
  const scores = mergeScores(await Promise.all(shards));
  const summary = summarize(scores);
  await writeSummary(out, scores, summary);
  await writeScores(scoresPath(out), scores);
  output.print(`${summaryText(scores, summary)}\n\nfigures, confusion matrix and scores: ${out}`);
}

/** Averages other views of a score file; writes nothing unless it is told where. */
async function rescore({ rescore: file, useSegments, useCrops, out }: Flags, output: Output) {
  const subset = {
    segments: placesOf("use-segments", useSegments),
    crops: placesOf("use-crops", useCrops),
  };
  const scores = await readScores(file!);
  const summary = summarize(scores, subset);
  output.print(summaryText(scores, summary));
  if (out === undefined) return;
  await writeSummary(out, scores, summary, { rescored: file });
  output.print(`\nfigures and confusion matrix: ${out}`);
}

export const command: Command = defineCommand({
  summary: "score a fine-tuned classifier on several views of every test video",
  description: [
    "Averages the probabilities of clips spread over each video (segments) and of square crops along its " +
    "longer side, and prints top-1, top-5, mean class accuracy, calibration error (15 bins) and every video that cannot be read; those " +
    "count as wrong. Keeps the scores of all views, figures and a picture of the confusion matrix in " +
    "<run>/evaluation. An evaluation that was stopped (Ctrl-C) resumes when it is started again.",
    "With --shard, several processes or machines share the videos; --merge joins their score files; mpirun does " +
    "both. " +
    "--rescore summarises fewer views of a score file, without the model.",
  ],
  positionals: [{
    name: "run",
    type: "path",
    optional: true,
    help: `folder of a fine-tuning run, or a checkpoint of one (default: ${DEFAULT_CLASSIFIER})`,
  }],
  flags: FLAGS,
  examples: [
    "evaluate",
    "evaluate runs/ucf101/finetune --weights best --segments 5 --crops 3",
    "evaluate --control still --control reversed",
    "evaluate runs/ucf101/finetune --shard 2/4",
    "evaluate taught/finetune.safetensors --annotations taught/held-out.txt",
    "evaluate --merge a/scores-1-of-2.safetensors --merge a/scores-2-of-2.safetensors",
    "evaluate --rescore a/scores.safetensors --use-segments 0,2 --use-crops 1",
  ],
  forRanks: true,
  whenStopped: "no view was scored; the same command starts where this one did",
  async run({ flags, positionals: [given], paths, signal, output }) {
    const use = useOf(flags, given);
    if (use === "merge") return await merge(flags, output);
    if (use === "rescore") return await rescore(flags, output);
    const run = given ?? paths.own(DEFAULT_CLASSIFIER);
    const shard = shardOf(flags.shard);
    if (shard && currentLaunch()) {
      throw new UsageError("Cannot read --shard: it must not be given on several ranks");
    }
    const registry = await loadRegistry(flags.plugin);
    const { control: controls, out, ...rest } = flags;
    await onRanks({ output, signal }, async (ranks, output) => {
      const options = { ...rest, ...await shareOfRank(ranks), shard, signal, output, ranks };
      const whole = await evaluate(run, registry, { ...options, out });
      report(output, whole, shard);
      const done = [whole];
      for (const control of new Set(controls)) {
        if (done.some(({ unfinished }) => unfinished > 0)) break;
        const own = out && join(out, control);
        done.push(await evaluate(run, registry, { ...options, control, out: own }));
      }
      const summed = done.flatMap(({ scores, summary }) => summary ? [{ scores, summary }] : []);
      if (summed.length > 1) output.print(`\n${controlsText(summed)}`);
    });
  },
});
