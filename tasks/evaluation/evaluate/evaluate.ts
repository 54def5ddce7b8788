import {
  type Communicator,
  type Json,
  localRanks,
  ranksInTurn,
  type Registry,
  requireSameOnRanks,
  valueOfFirst,
} from "@videoms/core";
import {
  checkDataset,
  countSameViews,
  evaluationData,
  type EvaluationList,
  evaluationList,
  labelMapText,
  type ListChoice,
  sameViewsText,
  type Shard,
  shardRows,
} from "@videoms/data";
import {
  type ScoreSummary,
  summarizeScores,
  summarizeTargets,
  swappedClasses,
  type TargetSummary,
  unfinishedRows,
  type ViewScores,
  type ViewSubset,
} from "@videoms/models";
import { evaluationViews, videoSelector } from "@videoms/studio/views";
import { type Control, controlClips, staticTokens } from "./control.ts";
import { earlierScores, evaluationFolder, scoresPath, writeSummary } from "./evaluation_folder.ts";
import { type ScoredVideos, scoreVideos } from "./score_videos.ts";
import { writeScores } from "./scores_file.ts";
import { createProgress, type Output, standardOutput } from "@videoms/data/console";
import {
  mappedClassifier,
  openClassifier,
  type OpenClassifierOptions,
  readClassifierRun,
  type TrainedClassifier,
} from "../../runs/classifier/trained_classifier.ts";
import { folderOfSaved } from "../../runs/checkpoint/saved_run.ts";
import { evaluationBatch } from "../../runs/finetune/validate.ts";
import { precisionFact } from "../../runs/network/task_device.ts";
import { whilePreparing } from "../../runs/training/while_preparing.ts";

/** How a classifier is evaluated; what is left out is as its task says. */
export interface EvaluateOptions extends ListChoice, OpenClassifierOptions {
  segments?: number;
  crops?: number;
  batch?: number;
  /** The part of the list to score. @default all of it */
  shard?: Shard;
  /** What is changed of the clips, to see whether the classifier uses motion. @default nothing */
  control?: Control;
  /** Folder of the evaluation. @default a folder of its own below the run's `evaluation` */
  out?: string;
  /** Score again what an earlier process scored. @default false */
  fresh?: boolean;
  /** Stops the work; what is scored is kept. */
  signal?: AbortSignal;
  output?: Output;
  /** The processes that share out the views, each of which evaluates; the first writes. @default this one alone */
  ranks?: Communicator;
}

/** An evaluation, also one that was stopped. */
export interface Evaluation {
  folder: string;
  file: string;
  scores: ViewScores;
  /** Of the shard, if there is one; null for an evaluation that was stopped, and on ranks other than the first. */
  summary: ScoreSummary | TargetSummary | null;
  unfinished: number;
  done: Omit<ScoredVideos, "scores">;
}

/** What scores come to, of classes or of what is predicted in place of them. */
export function summarize(scores: ViewScores, subset?: ViewSubset): ScoreSummary | TargetSummary {
  return scores.targets ? summarizeTargets(scores, subset) : summarizeScores(scores, subset);
}

function wholeFrom1(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`Cannot evaluate: ${name} must be a whole number from 1, got ${value}`);
}

/** What scores depend on beside weights, videos and views. */
function settingsOf({ task, device }: TrainedClassifier): Json {
  const { model, frames, tokens, data: { samplingRate, fps } } = task;
  return {
    model: { ...model } as unknown as Json,
    frames: { ...frames },
    tokens: { ...tokens },
    samplingRate,
    ...fps ? { fps } : {},
    ...precisionFact(device),
  };
}

function emptyScores(
  classifier: TrainedClassifier,
  list: EvaluationList,
  options: EvaluateOptions,
  labelMap: ViewScores["facts"]["labelMap"],
): ViewScores {
  const { task, classes, targets, checkpoint, weights } = classifier;
  const { evaluation } = task;
  const none = () => new Int32Array(0);
  return {
    facts: {
      task: task.name,
      settings: settingsOf(classifier),
      checkpoint,
      weights,
      list: list.name,
      ...options.control ? { control: options.control } : {},
      ...labelMap ? { labelMap } : {},
    },
    classes,
    ...targets ? { targets } : {},
    segments: wholeFrom1("segments", options.segments ?? evaluation.segments),
    crops: wholeFrom1("crops", options.crops ?? evaluation.crops),
    videos: list.videos,
    entries: { row: none(), segment: none(), crop: none(), logits: new Float32Array(0) },
    failed: [],
  };
}

/** What the ranks of an evaluation must have alike. */
function sameOf({ facts, classes, segments, crops, videos }: ViewScores, list: EvaluationList) {
  const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  return Object.entries({
    evaluation: { facts, classes, segments, crops },
    videos: bytes(videos),
    "readable videos": bytes(list.readable.map((video) => typeof video === "string")),
  });
}

function ownRows(videos: number, shard: Shard | undefined): number[] {
  const rows = shardRows(videos, shard ?? { index: 1, count: 1 });
  if (rows.length > 0) return rows;
  throw new RangeError(
    `Cannot evaluate: a shard must have a video, got ${shard!.index}/${
      shard!.count
    } of ${videos} videos`,
  );
}

async function scoreMissing(
  classifier: TrainedClassifier,
  list: EvaluationList,
  earlier: ViewScores,
  rows: readonly number[],
  file: string,
  options: EvaluateOptions & {
    registry: Registry;
    signal: AbortSignal;
    output: Output;
    ranks: Communicator;
  },
): Promise<ScoredVideos> {
  const { registry, ranks, signal } = options;
  const { task, selector } = classifier;
  const { segments, crops } = earlier;
  const selectors = videoSelector(registry, task, selector);
  const plan = evaluationViews(task, selectors, { segments, crops });
  const toDo = await valueOfFirst(ranks, unfinishedRows(earlier, rows));
  if (toDo.length === 0) return { scores: earlier, views: 0, seconds: 0, waitSeconds: 0 };
  const readable = rows.flatMap((row) => {
    const video = list.readable[row];
    return typeof video === "string" ? [] : [video];
  });
  for (const line of sameViewsText(countSameViews(readable, plan), earlier)) {
    options.output.printError(line);
  }
  const total = toDo.length * segments * crops;
  const batch = wholeFrom1("batch", options.batch ?? evaluationBatch(task));
  using progress = createProgress(options.output.status, "evaluating", total, "views");
  return await scoreVideos(earlier, {
    classifier,
    list,
    rows: toDo,
    plan,
    batch: Math.min(batch, total),
    progress,
    change: options.control &&
      ((clips, views) =>
        controlClips(options.control!, clips, task.model.imageSize ** 2 * 3, views)),
    save: async (scores) => {
      if (ranks.rank === 0) await writeScores(file, scores);
    },
    ...{ ranks, signal },
  });
}

/**
 * Scores views of every video of a list with a fine-tuned classifier, and sums them up.
 *
 * Writes the scores of the views to a file in the evaluation's folder, and beside it, unless it was
 * stopped or is a shard, `evaluation.json` and `confusion.png`. The same call goes on from the score file:
 * views that are there are not scored again.
 *
 * @param runFolder a fine-tuning run, such as `runs/shapes/finetune`, or a checkpoint of one
 * @throws {Error} if there is no such run, or another evaluation is in the folder
 * @throws {RangeError} for options that cannot work
 * @example
 * ```ts
 * import { shapes } from "@videoms/data";
 * import { defineFinetune, evaluate, finetune, loadRegistry } from "@videoms/tasks";
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
 * const { summary } = await evaluate(task.out!, registry, { segments: 2, crops: 1 });
 * console.assert(summary !== null && summary.videos === 2);
 * ```
 */
export async function evaluate(
  runFolder: string,
  registry: Registry,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { control, shard, fresh = false, signal = new AbortController().signal } = options;
  const { output = standardOutput(), ranks = localRanks(1)[0] } = options;
  const isFirst = ranks.rank === 0;
  const saved = await readClassifierRun(runFolder);
  const { dataset } = await evaluationData(saved.task, saved.classes, options);
  await checkDataset(dataset, registry);
  await using trained = await openClassifier(runFolder, registry, {
    ...options,
    changeTokens: control === "static-tokens" ? staticTokens : undefined,
  });
  const { task } = trained;
  const list = await whilePreparing(
    { signal, output },
    (hooks) =>
      ranksInTurn(ranks, () => evaluationList(task, trained.classes, registry, options, hooks)),
  );
  const { labelMap } = list;
  const classifier = labelMap ? mappedClassifier(trained, list.classes, labelMap) : trained;
  if (labelMap) output.printError(`Scores are mapped: ${labelMapText(labelMap)}`);
  const mapped = labelMap ? { labels: trained.classes, to: labelMap.to } : undefined;
  const start = emptyScores(classifier, list, options, mapped);
  await requireSameOnRanks(ranks, sameOf(start, list));
  const folder = options.out ?? evaluationFolder(await folderOfSaved(runFolder), start);
  const file = scoresPath(folder, shard);
  const earlier = fresh || !isFirst ? start : await earlierScores(file, start);
  const rows = ownRows(start.videos.length, shard);
  if (isFirst) await Deno.mkdir(folder, { recursive: true });
  const { scores, ...done } = await scoreMissing(classifier, list, earlier, rows, file, {
    ...options,
    ...{ registry, signal, output, ranks },
  });
  const unfinished = await valueOfFirst(ranks, unfinishedRows(scores, rows).length);
  const summary = unfinished > 0 || !isFirst ? null : summarize(scores, { rows });
  if (summary && !shard) {
    const { views, seconds, waitSeconds } = done;
    await writeSummary(folder, scores, summary, {
      device: classifier.device.description,
      ...views > 0 ? { lastProcess: { views, seconds, waitSeconds } } : {},
      ...control === "reversed" && "confusion" in summary
        ? { swapped: swappedClasses(classifier.classes, summary.confusion) }
        : {},
    });
  }
  return { folder, file, scores, summary, unfinished, done };
}
