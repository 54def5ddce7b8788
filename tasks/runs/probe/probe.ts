import { formatPercent } from "@videoms/core/plain";
import { dispose } from "@tensorflow/tfjs-core";
import { countParameters, type Registry, tidy, tokenGrid } from "@videoms/core";
import { headName, type RawClips } from "@videoms/data";
import type { FrameSelector, TokenSelection } from "@videoms/masking";
import {
  accuracyTally,
  planEncoderWeights,
  probeGrid,
  type ProbeHeads,
  probeMemory,
  readPlannedValues,
  type VideoAccuracy,
  videoEncoderSpecs,
} from "@videoms/models";
import { centreView, type ClipTask, evaluationViews, videoSelector } from "@videoms/studio/views";
import type { ProbeTask } from "../../definition/probe_task.ts";
import { loggedValidation, validationMetrics } from "../classifier/validation.ts";
import { costFacts, probeTaskCost, stepLoad } from "../cost/run_cost.ts";
import { encoderOptionsOf, openEncoderSource } from "../encoder/encoder_source.ts";
import { type FrozenEncoder, openEncoder } from "../encoder/frozen_encoder.ts";
import { deviceChoice } from "../network/task_device.ts";
import type { RunFolder } from "../folder/run_folder.ts";
import { isSamePath } from "../folder/task_difference.ts";
import { checkProbeTask, probeHeadsOf } from "./probe_plugins.ts";
import { probeStep } from "./probe_step.ts";
import { bestHead, probeTable, type RatedHead, type RatedHeads } from "./rated_heads.ts";
import { standardFeatures } from "./standard_features.ts";
import type { FinishedRun } from "../training/finished_run.ts";
import { rateHeldOut, type Rating } from "../training/held_out_videos.ts";
import type { RunStartOptions } from "../training/open_run.ts";
import type { PreparedRun, RunKind, RunParts, Training } from "../training/run_kind.ts";
import { type RunResult, runTraining } from "../training/run_training.ts";

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

function evaluationBatch({ evaluation, batch }: ProbeTask): number {
  return evaluation.batch ?? batch;
}

/** Ratings of a task's heads, in the order of their grid. */
function ratedHeads(ratings: readonly VideoAccuracy[], task: Pick<ProbeTask, "heads">): RatedHeads {
  const heads = probeGrid(task.heads).map((head, g) => ({ ...head, ...ratings[g] }));
  const [{ k, videos }] = ratings;
  return { heads, k, videos };
}

async function rateHeads(
  run: ProbeParts,
  rating: Pick<Rating<VideoAccuracy>, "step" | "event" | "counts" | "views">,
): Promise<RatedHeads> {
  const { encoder, heads, subject, task } = run;
  const score = async (clips: RawClips) => {
    const features = await encoder.features(clips);
    const scores = tidy(() => heads.scores(subject.parameters, features));
    const values = await scores.data() as Float32Array; // [G, B, classes]
    dispose([features.tokens, features.pooled, features.kept, scores]);
    return values;
  };
  const ratings = await rateHeldOut(run, heads.options.heads.length, score, {
    ...rating,
    tally: () => accuracyTally(run.videos.classes.length),
    batch: evaluationBatch(task),
    size: encoder.model.options.geometry.imageSize,
    metrics(ratings) {
      const { heads } = ratedHeads(ratings, task);
      return [
        ...validationMetrics(heads[bestHead(heads)]),
        ...heads.flatMap((head) => validationMetrics(head, { head: headName(head) })),
      ];
    },
  });
  return ratedHeads(ratings, task);
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

function loggedHeads(finished: FinishedRun, task: ProbeTask): RatedHeads {
  const ratings = probeGrid(task.heads).map((head) =>
    loggedValidation(finished.values("evaluation", { head: headName(head) })) as VideoAccuracy
  );
  return ratedHeads(ratings, task);
}

/** How heads are trained: rated on centre clips after epochs, and on all views at the end. */
function trainHeads(run: ProbeParts): Training<RatedHeads, RatedHeads> {
  const { task, clip, encoder, subject, device, heads, gradientAverage } = run;
  const { evaluation, frames, augmentation: crop } = task;
  const context = { ...subject, gradientAverage, device, encoder, heads };
  const selectors = videoSelector(run.registry, clip, encoder.selector);
  return {
    recipe: { clip, frames, crop },
    step: (clips, change) => probeStep(context, clips, change),
    evaluateEvery: evaluation.every,
    // The last weights are rated on all views instead, once they are saved: that may take long.
    evaluate: async (step, { isLast }) =>
      isLast
        ? null
        : await rateHeads(run, { step, event: "validation", views: centreView(clip, selectors) }),
    measured: ({ heads }) => heads[bestHead(heads)].top1,
    describe({ heads }) {
      const { kind, rate, decay, top1 } = heads[bestHead(heads)];
      return `centre clips: ${formatPercent(top1)} by the ${kind} head of rate ${rate}, ` +
        `decay ${decay}`;
    },
    async finish(step) {
      const views = evaluationViews(clip, selectors, evaluation);
      const rated = await rateHeads(run, { step, event: "evaluation", counts: evaluation, views });
      printRated(run, task, rated);
      return rated;
    },
  };
}

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

/** Heads tell classes apart. */
function requireClasses({ videos: { targets } }: PreparedRun): void {
  if (!targets) return;
  throw new RangeError(
    `Cannot train probes: the data set must have classes, got ${targets.kind} to predict`,
  );
}

async function openNetworks(
  task: ProbeTask,
  { registry, videos, folder, device, threads, output }: PreparedRun,
  resources: AsyncDisposableStack,
): Promise<ProbeNetworks> {
  const { encoder: { from, weights }, tokens, frames } = task;
  const opened = { backend: device.backend, gpu: device.adapter?.gpu ?? task.gpu, threads }; // shared with the encoder
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
    async checkStart() {
      (await openEncoderSource(task.encoder.from, task.encoder.weights === "average"))
        [Symbol.dispose]();
    },
    async figures({ text, classes }) {
      const { encoder: { from, weights }, frames } = task;
      using source = await openEncoderSource(from, weights === "average");
      const options = encoderOptionsOf(source.task, registry);
      const { geometry, encoder } = options;
      const specs = videoEncoderSpecs(options);
      const plan = planEncoderWeights(source.tensors, { specs, options });
      await readPlannedValues(plan, source.tensors, { specs, geometry }); // says now what would stop the probe later
      registry.create<FrameSelector>(frames).candidateFrames(geometry);
      const grid = tokenGrid(geometry);
      const tokens = registry.create<TokenSelection>(task.tokens);
      const kept = tokens.count(grid);
      const heads = probeHeadsOf(task, encoder, classes);
      const [parameters, frozenParameters] = [heads.specs, specs].map(countParameters);
      return {
        data: `${text}, ${classes} classes`,
        tokens: `${grid.tokens}: ${kept} kept, ${grid.tokens - kept} dropped`,
        more: {
          encoder: `${source.path}\n${plan.report.explain}`,
          heads: String(heads.options.heads.length),
        },
        parameters,
        cost: probeTaskCost(task, options, heads.options, registry),
        memory: probeMemory(stepLoad(task), options, { tokens, parameters, frozenParameters }),
      };
    },
    async open(prepared, resources) {
      requireClasses(prepared);
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
            views: centreView(clip, videoSelector(registry, clip, encoder.selector)),
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
