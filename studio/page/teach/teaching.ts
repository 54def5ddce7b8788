import { type Device, MetricSums, type Registry } from "@videoms/core";
import { checkpointBytes, liveSource, restoreCheckpoint } from "@videoms/models";
import { type FinetuneRating, finetuneStage } from "./finetune_stage.ts";
import { type PretrainRating, pretrainStage } from "./pretrain_stage.ts";
import type { Stage } from "./stage.ts";
import { type StartWeights, startWeights, valuesFrom } from "./start_weights.ts";
import type { TaughtClip } from "./taught_clip.ts";
import type { TeachSettings } from "./teach_settings.ts";

/** What a page is taught. */
export interface TeachPlan {
  /** Names by label. */
  readonly classes: readonly string[];
  readonly train: readonly TaughtClip[];
  readonly heldOut: readonly TaughtClip[];
  /** Optimiser steps; none for a stage that is left out. */
  readonly steps: Readonly<Record<StageName, number>>;
}

/** The stages of teaching, in order. */
export type StageName = "pretrain" | "finetune";

/** How far teaching is. */
export interface TeachReport {
  readonly stage: StageName;
  readonly done: number;
  readonly steps: number;
  /** Mean of the steps since the report before; null if there were none. */
  readonly loss: number | null;
  /** Whether all steps of all stages are done. */
  readonly isFinished: boolean;
  /** How the weights do on held-out clips, where they were rated since the report before. */
  readonly pretrained: PretrainRating | null;
  readonly finetuned: FinetuneRating | null;
  /** What else is to be told, a sentence; empty for nothing. */
  readonly note: string;
}

/** Checkpoints by stage; null where there is none yet. */
export type Checkpoints = Record<StageName, Uint8Array<ArrayBuffer> | null>;

/** What {@linkcode Teaching} works with. */
export interface TeachContext {
  readonly device: Device;
  readonly registry: Registry;
  readonly settings: TeachSettings;
  /** What it starts from; null for new weights. */
  readonly weights: StartWeights | null;
}

/** Clips of a step at most. */
const MOST_TOGETHER = 16;

/** Steps from one rating of the held-out clips to the next. */
const RATE_EVERY = 25;

type AnyStage =
  | { name: "pretrain"; stage: Stage<PretrainRating> }
  | { name: "finetune"; stage: Stage<FinetuneRating> };

/** The tasks of a plan: their steps, batches and classes. */
export function plannedTasks(
  settings: TeachSettings,
  { train, steps, classes }: TeachPlan,
): TeachSettings {
  const batch = Math.min(MOST_TOGETHER, train.length);
  const of = <Task extends TeachSettings[StageName]>(task: Task, count: number): Task => ({
    ...task,
    batch,
    steps: Math.max(1, count),
    data: {
      ...task.data,
      dataset: withClasses(task.data as { dataset?: { options: object } }, classes),
    },
  });
  return {
    ...settings,
    pretrain: of(settings.pretrain, steps.pretrain),
    finetune: of(settings.finetune, steps.finetune),
  };
}

function withClasses(
  { dataset }: { dataset?: { options: object } },
  classes: readonly string[],
): object {
  return { ...dataset, options: { ...dataset?.options, classes } };
}

/** Pre-trains and fine-tunes a network on some clips, a little at a time. */
export class Teaching implements Disposable {
  readonly #context: TeachContext;
  readonly #plan: TeachPlan;
  readonly #checkpoints: Checkpoints;
  #at: AnyStage;

  private constructor(
    context: TeachContext,
    plan: TeachPlan,
    checkpoints: Checkpoints,
    at: AnyStage,
  ) {
    this.#context = context;
    this.#plan = plan;
    this.#checkpoints = checkpoints;
    this.#at = at;
  }

  /**
   * Begins, or goes on from checkpoints.
   *
   * @throws {RangeError} if weights are of another network: a sentence
   */
  static async open(
    context: TeachContext,
    plan: TeachPlan,
    checkpoints: Checkpoints,
  ): Promise<Teaching> {
    const settings = plannedTasks(context.settings, plan);
    const own = { ...context, settings };
    return new Teaching(own, plan, { ...checkpoints }, await openStage(own, plan, checkpoints));
  }

  /** The tasks as they are trained. */
  get tasks(): TeachSettings {
    return this.#context.settings;
  }

  /** The checkpoints that were saved last. */
  get checkpoints(): Checkpoints {
    return { ...this.#checkpoints };
  }

  /**
   * Trains for a while, at least for a step, and goes on to the next stage at the end of one.
   *
   * @throws {Error} if loss or gradients stop being finite: a sentence
   */
  async go(ms: number): Promise<TeachReport> {
    const { stage } = this.#at;
    const until = performance.now() + ms;
    const sums = new MetricSums();
    let isRated = false;
    while (stage.done < stage.steps && !isRated) {
      const { loss, metrics } = await stage.advance();
      sums.add("loss", loss);
      for (const one of Object.values(metrics ?? {})) one.dispose();
      isRated = stage.done % RATE_EVERY === 0 || stage.done >= stage.steps;
      if (performance.now() > until) break;
    }
    const { loss = null } = await sums.take();
    await requireFinite(stage);
    return await this.#report(loss, isRated || loss === null);
  }

  /** Checkpoints of the stages so far, as files. */
  async save(): Promise<Checkpoints> {
    const { name, stage } = this.#at;
    const metadata = {
      task: JSON.stringify(this.tasks[name]),
      ...name === "finetune" ? { classes: JSON.stringify(this.#plan.classes) } : {},
    };
    const parts = await Array.fromAsync(
      checkpointBytes(await liveSource(stage.subject), metadata),
    );
    this.#checkpoints[name] = await new Blob(parts as BlobPart[]).bytes();
    return this.checkpoints;
  }

  [Symbol.dispose](): void {
    this.#at.stage[Symbol.dispose]();
  }

  async #report(loss: number | null, isRated: boolean): Promise<TeachReport> {
    const { name, stage } = this.#at;
    const { done, steps } = stage;
    const pretrained = isRated && name === "pretrain" ? await this.#at.stage.rate() : null;
    const finetuned = isRated && name === "finetune" ? await this.#at.stage.rate() : null;
    if (isRated) await this.save();
    const isOver = done >= steps;
    const hasNext = name === "pretrain" && this.#plan.steps.finetune > 0;
    if (isOver && hasNext) {
      this[Symbol.dispose]();
      this.#at = await openStage(this.#context, this.#plan, this.#checkpoints);
    }
    const isFinished = isOver && !hasNext;
    return { stage: name, done, steps, loss, isFinished, pretrained, finetuned, note: "" };
  }
}

/** @throws {Error} if a step was not done */
async function requireFinite({ subject: { optimizer } }: Pick<Stage<unknown>, "subject">) {
  const { failure } = await optimizer.status();
  if (!failure) return;
  throw new Error(
    `Cannot train: the loss of step ${failure.step} must be finite, got ${failure.loss}; start over`,
  );
}

/** Steps behind a checkpoint of this page; 0 without one. */
async function stepOf(checkpoint: Uint8Array<ArrayBuffer> | null): Promise<number> {
  return checkpoint ? (await startWeights(checkpoint, "the checkpoint")).step : 0;
}

/** The stage that is not over yet, or the last one. */
async function openStage(
  { device, registry, settings, weights }: TeachContext,
  { classes, steps, train, heldOut }: TeachPlan,
  checkpoints: Checkpoints,
): Promise<AnyStage> {
  const { model } = settings;
  const begun = checkpoints.finetune !== null;
  const isPretrained = steps.pretrain === 0 ||
    await stepOf(checkpoints.pretrain) >= steps.pretrain;
  if (!begun && !(isPretrained && steps.finetune > 0)) {
    const stage = await pretrainStage(device, settings, registry, valuesFrom(weights, model));
    if (checkpoints.pretrain) {
      restoreCheckpoint(stage.subject, checkpoints.pretrain, "the checkpoint");
    }
    stage.use(train, heldOut);
    return { name: "pretrain", stage };
  }
  const from = checkpoints.pretrain
    ? { bytes: checkpoints.pretrain, name: "the pre-training" }
    : weights;
  const { length } = classes;
  const stage = await finetuneStage(device, settings, registry, length, valuesFrom(from, model));
  if (checkpoints.finetune) {
    restoreCheckpoint(stage.subject, checkpoints.finetune, "the checkpoint");
  }
  stage.use(train, heldOut);
  return { name: "finetune", stage };
}
