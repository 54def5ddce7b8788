import { randomStream, type Registry, type StepResult } from "@videoms/core";
import {
  type AugmentationPlan,
  type ClipAugmentation,
  cropResize,
  epochOrder,
  type PixelClip,
  type StepClips,
  stepsPerEpoch,
} from "@videoms/data/plain";
import type { FrameSelector } from "@videoms/masking";
import type { CheckpointSubject } from "@videoms/models";
import { disposeSubject, type LoopStep, ratesAt, runSchedule } from "../train/mod.ts";
import { chosenPositions } from "../views/mod.ts";
import type { TaughtClip } from "./taught_clip.ts";
import type { StageTask } from "./teach_settings.ts";

/** The networks of a stage, and what is done with them. */
export interface StageParts<Rating> extends Disposable {
  readonly subject: CheckpointSubject;
  readonly selector: FrameSelector;
  readonly augmentation: ClipAugmentation;
  /** One optimiser step, as runs do it. */
  step(clips: StepClips, change: LoopStep): Promise<StepResult>;
  /** How the weights do on clips that they were not trained on. */
  rate(heldOut: readonly TaughtClip[]): Promise<Rating>;
}

/** What makes up a stage: its plugins come from a registry. */
export interface StageContext {
  readonly registry: Registry;
}

/** Some frames of a clip. */
function pickFrames({ pixels, frames: _, ...size }: PixelClip, places: Int32Array): PixelClip {
  const bytes = size.height * size.width * 3;
  const picked = new Uint8Array(places.length * bytes);
  places.forEach((place, i) =>
    picked.set(pixels.subarray(place * bytes, (place + 1) * bytes), i * bytes)
  );
  return { ...size, pixels: picked, frames: places.length };
}

/** A clip as a decoder would give it that a plan has told what to cut out. */
function asDecoded(clip: PixelClip, { decode: { crop, size } }: AugmentationPlan): PixelClip {
  const isWhole = typeof size !== "number" && crop.width === clip.width &&
    crop.height === clip.height && size.width === clip.width && size.height === clip.height;
  return isWhole ? clip : cropResize(clip, crop, size);
}

/** A training in a page: pre-training or fine-tuning, step by step. */
export class Stage<Rating> implements Disposable {
  readonly task: StageTask;
  readonly #parts: StageParts<Rating>;
  #heldOut: readonly TaughtClip[] = [];
  #clips: readonly TaughtClip[] = [];

  constructor(task: StageTask, parts: StageParts<Rating>) {
    this.task = task;
    this.#parts = parts;
  }

  /** The weights that it trains. */
  get subject(): CheckpointSubject {
    return this.#parts.subject;
  }

  /** Steps that are done. */
  get done(): number {
    return this.subject.optimizer.steps;
  }

  /** Steps in all. */
  get steps(): number {
    return this.task.steps!;
  }

  /** The clips that it trains on, and those that it is rated on. */
  use(clips: readonly TaughtClip[], heldOut: readonly TaughtClip[]): void {
    this.#clips = clips;
    this.#heldOut = heldOut;
  }

  /** The next step; the caller disposes of what it says. */
  async advance(): Promise<StepResult> {
    const { task, done } = this;
    const perEpoch = stepsPerEpoch(this.#clips.length, task.batch, "shuffled");
    const [epoch, place] = [Math.floor(done / perEpoch), done % perEpoch];
    const order = epochOrder(this.#clips.length, "shuffled", task.seed, epoch);
    const rows = order.subarray(place * task.batch, (place + 1) * task.batch);
    const random = Array.from(
      rows,
      (_, i) => randomStream(task.seed, "train", epoch, place * task.batch + i),
    );
    const clips = this.#batch([...rows].map((row) => this.#clips[row]), random);
    return await this.#parts.step(clips, {
      ...ratesAt(runSchedule(task, perEpoch), done),
      clipGradient: task.optimizer.clipGradient,
      microBatches: 1,
      progress: done / this.steps,
      mixing: randomStream(task.seed, "mix", epoch, place),
      random,
    });
  }

  /** How the weights do on held-out clips. */
  async rate(): Promise<Rating> {
    return await this.#parts.rate(this.#heldOut);
  }

  [Symbol.dispose](): void {
    disposeSubject(this.subject);
    this.#parts[Symbol.dispose]();
  }

  /** Clips as the step sees them: frames drawn, augmented. */
  #batch(clips: readonly TaughtClip[], random: LoopStep["random"]): StepClips {
    const { selector, augmentation, subject: { geometry } } = this.#parts;
    const { imageSize: size } = geometry;
    const bytes = selector.candidateFrames(geometry) * size * size * 3;
    const pixels = new Uint8Array(clips.length * bytes);
    const plans = clips.map(({ candidates }, i) => {
      const clip = { model: geometry, data: this.task.data };
      const places = chosenPositions(clip, selector, candidates.frames, "train", random[i]);
      const plan = augmentation.plan(candidates, size, random[i].child("augment", 0));
      const decoded = asDecoded(pickFrames(candidates, places), plan);
      pixels.set(augmentation.apply(decoded, plan).pixels, i * bytes);
      return plan;
    });
    return {
      pixels,
      batch: clips.length,
      labels: Int32Array.from(clips, ({ label }) => label),
      erase: plans.map(({ erase }) => erase),
    };
  }
}
