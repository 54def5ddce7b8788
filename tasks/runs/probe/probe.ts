import { dispose } from "@tensorflow/tfjs-core";
import { type Registry, tidy } from "@videoms/core";
import { probeGrid, type ProbeHead, type ProbeHeads } from "@videoms/models";
import type { ProbeTask } from "../../definition/probe_task.ts";
import { formatPercent } from "../../output/progress/format.ts";
import { rateVideos } from "../classifier/rate_videos.ts";
import { loggedValidation, validationMetrics } from "../classifier/validation.ts";
import { costFacts } from "../cost/cost_facts.ts";
import { probeTaskCost } from "../cost/run_cost.ts";
import { openEncoderSource } from "../encoder/encoder_source.ts";
import { type FrozenEncoder, openEncoder } from "../encoder/frozen_encoder.ts";
import { deviceChoice } from "../network/task_device.ts";
import type { RunFolder } from "../folder/run_folder.ts";
import { isSamePath } from "../folder/task_difference.ts";
import { headName } from "../log/logged_metric.ts";
import type { FinishedRun } from "../training/finished_run.ts";
import { heldOutVideos, splitOf } from "../training/held_out_videos.ts";
import type { RunStartOptions } from "../training/open_run.ts";
import type { PreparedRun, RunKind, RunParts, Training } from "../training/run_kind.ts";
import { type RunResult, runTraining } from "../training/run_training.ts";
import type { ClipTask } from "../videos/clip_frames.ts";
import { centreView, evaluationViews, type PlanViews } from "../videos/test_clips.ts";
import { probeHeadsOf } from "./probe_heads_of.ts";
import { checkProbeTask } from "./probe_plugins.ts";
import { probeStep } from "./probe_step.ts";
import { probeTable } from "./probe_table.ts";
import { bestHead, type RatedHead, type RatedHeads } from "./rated_heads.ts";
import { standardFeatures } from "./standard_features.ts";

/** What probing came to. */
export interface ProbeResult extends RunResult {
  /** How every head does on all views; null for a run that was stopped. */
  rated: RatedHeads | null;
  /** The best of them; null for a run that was stopped. */
  best: RatedHead | null;
}

interface ProbeNetworks {
  readonly task: ProbeTask;
  readonly encoder: FrozenEncoder;
  readonly heads: ProbeHeads;
  /** Which frames make a clip: sizes of the encoder, rate of the task. */
  readonly clip: ClipTask;
}

type ProbeParts = RunParts & ProbeNetworks;

/** Clips of a forward pass without gradients. */
function evaluationBatch({ evaluation, batch }: ProbeTask): number {
  return evaluation.batch ?? batch;
}

/** Rates every head and logs it. */
async function rateHeads(
  run: ProbeParts,
  step: number,
  event: "validation" | "evaluation",
  views: PlanViews,
): Promise<RatedHeads> {
  const { encoder, heads, subject, task, log } = run;
  const { classes, heads: grid } = heads.options;
  const ratings = await rateVideos(grid.length, async (clips) => {
    const features = await encoder.features(clips);
    const scores = tidy(() => heads.scores(subject.parameters, features));
    const values = await scores.data() as Float32Array; // [G, B, classes]
    dispose([features.tokens, features.pooled, features.kept, scores]);
    return values;
  }, {
    ...heldOutVideos(run, step),
    classes,
    views,
    batch: evaluationBatch(task),
    size: encoder.model.options.geometry.imageSize,
  });
  const [{ k, videos }] = ratings;
  const rated = grid.map((head, g) => ({ ...head, ...ratings[g] }));
  const { segments, crops } = task.evaluation;
  log.append({
    event,
    step,
    split: splitOf(run.videos),
    ...event === "evaluation" ? { views: `${segments} × ${crops}` } : {},
    metrics: [
      ...validationMetrics(rated[bestHead(rated)]),
      ...rated.flatMap((head) => validationMetrics(head, { head: headName(head) })),
    ],
  });
  return { heads: rated.map(({ k: _, videos: __, ...head }) => head), k, videos };
}

function printRated(run: PreparedRun, { evaluation }: ProbeTask, rated: RatedHeads): void {
  const { segments, crops } = evaluation;
  const list = run.videos.heldOutIsSeparate ? "held-out" : "training";
  run.output.print(probeTable(rated));
  run.output.print(
    `${rated.videos} ${list} videos, ${segments} × ${crops} views of each. ` +
      "The best head is the best on these very videos.",
  );
}

/** How the heads did at the end of a run. */
function loggedHeads(finished: FinishedRun, task: ProbeTask): RatedHeads {
  const ofHead = (head: ProbeHead) =>
    loggedValidation(finished.values("evaluation", { head: headName(head) }))!;
  const grid = probeGrid(task.heads);
  const { k, videos } = ofHead(grid[0]);
  const heads = grid.map((head) => {
    const { top1, topK, loss } = ofHead(head);
    return { ...head, top1, topK, loss };
  });
  return { heads, k, videos };
}

/** How heads are trained: rated on centre clips after epochs, and on all views at the end. */
function trainHeads(run: ProbeParts): Training<RatedHeads, RatedHeads> {
  const { task, clip, encoder, subject, device, heads } = run;
  const { evaluation, frames, augmentation: crop } = task;
  const context = { ...subject, device, encoder, heads };
  const { selector } = encoder;
  return {
    recipe: { clip, frames, crop },
    step: (clips, change) => probeStep(context, clips, change),
    evaluateEvery: evaluation.every,
    // The last weights are rated on all views instead, once they are saved: that may take long.
    evaluate: async (step, { isLast }) =>
      isLast ? null : await rateHeads(run, step, "validation", centreView(clip, selector)),
    measured: ({ heads }) => heads[bestHead(heads)].top1,
    describe({ heads }) {
      const { kind, rate, decay, top1 } = heads[bestHead(heads)];
      return `centre clips: ${formatPercent(top1)} by the ${kind} head of rate ${rate}, ` +
        `decay ${decay}`;
    },
    async finish(step) {
      const views = evaluationViews(clip, selector, evaluation);
      const rated = await rateHeads(run, step, "evaluation", views);
      printRated(run, task, rated);
      return rated;
    },
  };
}

/** The checkpoint that a run's heads were trained on. */
interface EncoderFact {
  path: string;
  step: number;
}

/** Heads fit the encoder that they were trained on, and a run that it comes from may go on. */
function refuseOtherEncoder({ path: folder, earlier }: RunFolder, now: EncoderFact): void {
  const before = earlier?.encoder as EncoderFact | undefined;
  if (!before) return;
  if (isSamePath(before.path, now.path) && before.step === now.step) return;
  throw new Error(
    `Cannot resume the probe in "${folder}": the encoder must be the same, got ${now.path} in place of ` +
      `${before.path}. Name that file as encoder.from, or start anew with --fresh.`,
  );
}

async function openNetworks(
  task: ProbeTask,
  { registry, videos, folder, device, output }: PreparedRun,
  resources: AsyncDisposableStack,
): Promise<ProbeNetworks> {
  const { encoder: { from, weights }, tokens, frames } = task;
  const opened = { backend: device.backend, gpu: device.adapter?.gpu ?? task.gpu }; // shared with the encoder
  const options = { weights, tokens, frames, ...deviceChoice({ ...task, ...opened }) };
  const encoder = resources.use(await openEncoder(from, registry, options));
  output.printError(`Encoder of ${encoder.checkpoint.path}\n${encoder.report.explain}`);
  refuseOtherEncoder(folder, encoder.checkpoint);
  const { geometry, encoder: sizes } = encoder.model.options;
  const heads = probeHeadsOf(task, sizes, videos.classes.length);
  return { task, encoder, heads, clip: { model: geometry, data: task.data } };
}

/**
 * How probing differs from other trainings: the encoder stays as it is, and heads are trained on it.
 *
 * @throws {RangeError} for a task that cannot work
 */
export function probing(task: ProbeTask, registry: Registry): RunKind<RatedHeads, RatedHeads> {
  checkProbeTask(task, registry);
  return {
    network: "probe",
    best: null,
    lastEvents: ["evaluation"],
    async open(prepared, resources) {
      const networks = await openNetworks(task, prepared, resources);
      const { encoder, heads, clip } = networks;
      const { geometry } = encoder.model.options;
      const { videos: { train, classes }, signal } = prepared;
      const costs = costFacts(probeTaskCost(task, encoder.model.options, heads.options, registry));
      return {
        model: { specs: heads.specs, options: { geometry } },
        rule: heads.rule,
        facts: { ...costs, classes, encoder: { ...encoder.checkpoint } },
        metadata: {
          classes: JSON.stringify(classes),
          encoder: JSON.stringify(encoder.checkpoint),
        },
        async startValues() {
          const pooled = await standardFeatures(encoder, train, {
            views: centreView(clip, encoder.selector),
            batch: evaluationBatch(task),
            workers: task.data.workers,
            signal,
          });
          return heads.initialValues(task.seed, pooled);
        },
        training: (run) => trainHeads({ ...run, ...networks }),
      };
    },
    async earlier(run, finished) {
      using source = await openEncoderSource(task.encoder.from);
      refuseOtherEncoder(run.folder, source);
      const rated = loggedHeads(finished, task);
      printRated(run, task, rated);
      return rated;
    },
  };
}

/**
 * Trains heads on a frozen encoder, all in one pass over the videos, as {@linkcode runTraining} does it.
 *
 * @param registry the plugins that the task may use
 * @throws {RangeError} for a task that cannot work, before any frame is decoded
 * @throws {NonFiniteError} if the loss or the gradients stop being finite
 * @example
 * ```ts
 * import { shapes } from "@videoms/data";
 * import { definePretrain, defineProbe, loadRegistry, pretrain, probe } from "@videoms/tasks";
 *
 * const folder = await Deno.makeTempDir();
 * const data = { dataset: shapes({ videos: 4, heldOut: 2, size: 16, dir: folder }) };
 * const pretraining = definePretrain({
 *   name: "tiny",
 *   out: `${folder}/pretrain`,
 *   model: { width: 12, depth: 1, heads: 2, imageSize: 16, patchSize: 4, frames: 4 },
 *   data: { ...data, heldOutClips: 0 },
 *   steps: 1,
 *   batch: 2,
 * });
 * const registry = await loadRegistry();
 * await pretrain(pretraining, registry);
 * const { rated } = await probe(
 *   defineProbe({
 *     name: "tiny",
 *     out: `${folder}/probe`,
 *     encoder: { from: pretraining.out! },
 *     heads: { kinds: ["linear"], rates: [0.1, 0.01], decays: [0] },
 *     data,
 *     steps: 1,
 *     batch: 2,
 *   }),
 *   registry,
 * );
 * console.assert(rated?.heads.length === 2);
 * ```
 */
export async function probe(
  task: ProbeTask,
  registry: Registry,
  options: RunStartOptions = {},
): Promise<ProbeResult> {
  const kind = probing(task, registry);
  const { end: rated, ...result } = await runTraining(kind, task, registry, options);
  return { ...result, rated, best: rated && rated.heads[bestHead(rated.heads)] };
}
