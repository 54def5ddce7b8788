import { formatCommand, formatMetric, metricKind } from "@videoms/core/plain";
import { countParameters, type Registry, tokenGrid } from "@videoms/core";
import { checkDataset } from "@videoms/data";
import {
  finetuneClipCost,
  finetuneMemory,
  layerDecay,
  type Targets,
  targetsOf,
  VideoClassifier,
  videoClassifierSpecs,
} from "@videoms/models";
import { type FinetuneContext, finetuneStep } from "@videoms/studio/train";
import { type FinetuneTask, mixesClips } from "../../definition/finetune_task.ts";
import type { BestCheckpoint } from "../checkpoint/best_checkpoint.ts";
import { checkFinetuneTask } from "../classifier/finetune_plugins.ts";
import { describeValidation, loggedValidation, mainFigure } from "../classifier/validation.ts";
import { costFacts, stepLoad } from "../cost/run_cost.ts";
import {
  comparisonMetrics,
  type CostComparison,
  describeCost,
  loggedComparison,
  measureCost,
} from "./cost_comparison.ts";
import { validateRun, type ValidationPoint } from "./validate.ts";
import type { ClipRecipe } from "../loader/loader_job.ts";
import { classifierOf } from "../network/model_options.ts";
import type { FinishedRun } from "../training/finished_run.ts";
import type { RunStartOptions } from "../training/open_run.ts";
import type { PreparedRun, RunKind, RunParts, Training } from "../training/run_kind.ts";
import { type RunResult, runTraining } from "../training/run_training.ts";
import { checkStart, describeStart, startValues } from "../weights/start_weights.ts";

/** How fine-tuning is started, beside what any training is told. */
export interface FinetuneRunOptions extends RunStartOptions {
  /** Measure, at the end, what the chosen tokens cost against all of them. @default false */
  compareCost?: boolean;
}

interface FinetuneEnd {
  validation: ValidationPoint;
  cost: CostComparison | null;
}

/** What fine-tuning came to. */
export interface FinetuneResult extends RunResult {
  /** Of the last weights; null for a run that was stopped. */
  validation: ValidationPoint | null;
  best: { step: number; accuracy: number } | null;
  /** What the chosen tokens cost against all of them; null if that was not asked for, or all are looked at. */
  cost: CostComparison | null;
}

function describePoint(
  { videos }: Pick<PreparedRun, "videos">,
  { weights, average }: ValidationPoint,
): string {
  const clips = videos.heldOutIsSeparate ? "held-out videos" : "training videos, centre clips";
  const [name, value] = average ? mainFigure(average) : [];
  const averaged = name ? `, EMA ${metricKind(name).label} ${formatMetric(name, value!)}` : "";
  return `${clips}: ${describeValidation(weights)}${averaged}`;
}

function printNext({ folder, output }: PreparedRun, { evaluation }: FinetuneTask): void {
  const { segments, crops } = evaluation;
  const command = formatCommand("deno", "task", "evaluate", folder.path);
  output.print(`next: ${command}   (${segments} × ${crops} views of every video)`);
}

/** Prints how the last weights do, and the best ones if these are others. */
function printEnd(
  run: PreparedRun,
  validation: ValidationPoint,
  best: BestCheckpoint | null,
): void {
  const { output, schedule: { steps, stepsPerEpoch } } = run;
  output.print(describePoint(run, validation));
  if (!best || best.step === steps) return;
  const epoch = Math.round(best.step / stepsPerEpoch);
  const shown = formatMetric(mainFigure(validation.weights)[0], best.value);
  output.print(`best: ${shown} after epoch ${epoch} (step ${best.step})`);
}

interface FinetuneParts extends RunParts {
  readonly task: FinetuneTask;
  readonly context: FinetuneContext;
}

/** How a classifier is trained: its weights are validated on the centre clips of held-out videos. */
function trainClassifier(
  run: FinetuneParts,
  { compareCost = false }: FinetuneRunOptions,
): Training<ValidationPoint, FinetuneEnd> {
  const { task, context, log, output } = run;
  const { frames, augmentation, data: { samples } } = task;
  const recipe: ClipRecipe = { clip: task, frames, crop: augmentation };
  return {
    recipe,
    samples,
    step: (clips, change) => finetuneStep(context, clips, change),
    evaluateEvery: task.evaluation.every,
    evaluate: (step) => validateRun(run, step),
    measured: ({ weights }) => mainFigure(weights)[1],
    describe: (point) => describePoint(run, point),
    async finish(step, point, best) {
      printEnd(run, point!, best);
      const cost = compareCost ? await measureCost(run, recipe) : null;
      if (cost) {
        log.append({ event: "cost", step, metrics: comparisonMetrics(cost) });
        output.print(describeCost(cost));
      }
      printNext(run, task);
      return { validation: point!, cost };
    },
  };
}

/** Refuses what a network of these targets, or of classes, cannot be trained with. */
function checkTargets(task: FinetuneTask, classes: number, targets: Targets | null): void {
  if (!targets && classes < 2) {
    throw new RangeError(`Cannot train: a classifier must have 2 classes or more, got ${classes}`);
  }
  if (!targets || !mixesClips(task)) return;
  throw new RangeError(
    `Cannot train: clips must not be mixed (mix) where ${targets.kind} are predicted, got mixup or CutMix`,
  );
}

function earlierEnd(finished: FinishedRun): FinetuneEnd {
  return {
    validation: {
      weights: loggedValidation(finished.values("validation"))!,
      average: loggedValidation(finished.values("validation", { weights: "last-average" })),
    },
    cost: loggedComparison(finished.values("cost")),
  };
}

/**
 * How fine-tuning differs from other trainings; its best checkpoint is right most often.
 *
 * @throws {RangeError} for a task that cannot work
 */
export function finetuning(
  task: FinetuneTask,
  registry: Registry,
  options: FinetuneRunOptions = {},
): RunKind<ValidationPoint, FinetuneEnd> {
  const plugins = checkFinetuneTask(task, registry);
  return {
    network: "classifier",
    best: "accuracy",
    lastEvents: ["validation"],
    mixesPairs: mixesClips(task),
    async checkStart() {
      const { headByNames, labelMap } = task.start;
      const data = headByNames || labelMap !== null
        ? await checkDataset(task.data.dataset, registry)
        : null;
      await checkStart(task, data?.classNames);
    },
    async figures({ text, classes, classNames }) {
      const model = classifierOf(task, classes, registry);
      const { tokens } = plugins;
      const grid = tokenGrid(model.geometry);
      const kept = tokens.count(grid);
      const specs = videoClassifierSpecs(model);
      const parameters = countParameters(specs);
      return {
        data: `${text}, ${classes} classes`,
        tokens: `${grid.tokens}: ${kept} kept, ${grid.tokens - kept} dropped`,
        more: { start: await describeStart(task, { specs, options: model }, classNames) },
        parameters,
        cost: finetuneClipCost(model, plugins),
        memory: finetuneMemory(stepLoad(task), model, { tokens, parameters }),
      };
    },
    open(prepared, resources) {
      const { videos: { classes, targets: given } } = prepared;
      const targets = given && targetsOf(given.kind, given.train, classes.length);
      checkTargets(task, classes.length, targets);
      const model = new VideoClassifier(classifierOf(task, classes.length, registry));
      resources.defer(() => model.dispose());
      const { depth } = model.options.encoder;
      return Promise.resolve({
        model,
        rule: layerDecay(depth, task.optimizer.layerDecay),
        facts: {
          ...costFacts(finetuneClipCost(model.options, plugins)),
          classes,
          ...targets ? { targets: { ...targets } } : {},
        },
        metadata: {
          classes: JSON.stringify(classes),
          ...targets ? { targets: JSON.stringify(targets) } : {},
        },
        startValues: () => startValues(task, model, prepared),
        training(run) {
          const { subject: { parameters, optimizer }, device, gradientAverage } = run;
          const { selector, tokens } = plugins;
          const { smoothing, numberError } = task.objective;
          const mix = mixesClips(task) ? { ...task.mix, imageSize: task.model.imageSize } : null;
          const context = {
            ...{ model, parameters, selector, tokens, device, optimizer, gradientAverage },
            ...{ smoothing, mix, targets, numberError },
          };
          return trainClassifier({ ...run, task, context }, options);
        },
      });
    },
    earlier(run, finished) {
      const end = earlierEnd(finished);
      printEnd(run, end.validation, finished.best);
      printNext(run, task);
      return Promise.resolve(end);
    },
  };
}

/**
 * Fine-tunes a classifier, as {@linkcode runTraining} does it; the best checkpoint is kept beside the last ones.
 *
 * @param registry the plugins that the task may use
 * @throws {RangeError} for a task that cannot work, before any frame is decoded
 * @throws {NonFiniteError} if the loss or the gradients stop being finite
 * @example
 * ```ts
 * import { shapes } from "@videoms/data";
 * import { defineFinetune, finetune, loadRegistry } from "@videoms/tasks";
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
 * const { validation } = await finetune(task, await loadRegistry()); // from fresh weights
 * console.assert(validation !== null);
 * ```
 */
export async function finetune(
  task: FinetuneTask,
  registry: Registry,
  options: FinetuneRunOptions = {},
): Promise<FinetuneResult> {
  const kind = finetuning(task, registry, options);
  const { end, best, ...result } = await runTraining(kind, task, registry, options);
  const { validation = null, cost = null } = end ?? {};
  return { ...result, validation, best: best && { step: best.step, accuracy: best.value }, cost };
}
