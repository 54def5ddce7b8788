import * as tf from "@tensorflow/tfjs-core";
import { median, partOf, randomStream } from "@videoms/core";
import { clipsOf, type LoggedMetric, loggedMetrics, type StepClips } from "@videoms/data";
import { allTokens } from "@videoms/masking";
import { mixPlan } from "@videoms/models";
import { classifierGradients, type FinetuneContext } from "@videoms/studio/train";
import type { FinetuneTask } from "../../definition/finetune_task.ts";
import type { ClipRecipe } from "../loader/loader_job.ts";
import { trainBatches } from "../loader/train_batches.ts";
import type { RunParts } from "../training/run_kind.ts";

const PAIRS = 5;

const LIMIT_MS = 20_000;

/** Time of forward and backward pass with the chosen tokens and with all. */
export interface CostComparison {
  /** Tokens looked at, and tokens in all. */
  tokens: readonly [kept: number, all: number];
  msPerClip: readonly [kept: number, all: number];
}

/** A comparison as a line of the log has it. */
export function comparisonMetrics({ tokens, msPerClip }: CostComparison): LoggedMetric[] {
  return loggedMetrics({
    tokens: tokens[0],
    allTokens: tokens[1],
    msPerClip: msPerClip[0],
    msPerClipWithAll: msPerClip[1],
  });
}

/** The comparison that some logged values are of; null if there is none. */
export function loggedComparison(
  { tokens, allTokens, msPerClip, msPerClipWithAll }: Readonly<Record<string, number>>,
): CostComparison | null {
  if (tokens === undefined) return null;
  return { tokens: [tokens, allTokens], msPerClip: [msPerClip, msPerClipWithAll] };
}

async function gradientsMs(context: FinetuneContext, clips: StepClips): Promise<number> {
  const random = Array.from({ length: clips.batch }, (_, b) => randomStream(0, "cost", b));
  const start = performance.now();
  const plan = context.mix && mixPlan(clips.batch, context.mix, randomStream(0, "cost"));
  const { loss, right, gradients } = await classifierGradients(context, clips, random, plan);
  await context.device.settle();
  const ms = performance.now() - start;
  tf.dispose([loss, ...right ? [right] : [], ...gradients.values()]);
  return ms;
}

/**
 * Measures what looking at some of the tokens costs against looking at all of them: loss and gradients
 * of the same clips, in turns, so that both meet the same machine. Weights are not changed.
 *
 * @returns null if the selection keeps every token
 */
async function compareCost(
  context: FinetuneContext,
  clips: StepClips,
): Promise<CostComparison | null> {
  const { grid } = context.model;
  const kept = context.tokens.count(grid);
  if (kept === grid.tokens) return null;
  const whole = { ...context, tokens: allTokens.create(allTokens.defaults) };
  const times: [number[], number[]] = [[], []];
  const started = performance.now();
  for (let pair = -1; pair < PAIRS; pair++) {
    const ms = [await gradientsMs(context, clips), await gradientsMs(whole, clips)];
    const late = performance.now() - started > LIMIT_MS;
    // The first pair compiles and fills pools; it counts only where there is no time for another.
    if (pair >= 0 || late) ms.forEach((one, i) => times[i].push(one / clips.batch));
    if (late) break;
  }
  return { tokens: [kept, grid.tokens], msPerClip: [median(times[0]), median(times[1])] };
}

/** As {@linkcode compareCost} does it, on the clips of a run's first step. */
export async function measureCost(
  run: RunParts & { readonly task: FinetuneTask; readonly context: FinetuneContext },
  recipe: ClipRecipe,
): Promise<CostComparison | null> {
  const { task: { accumulate, data: { samples } }, context } = run;
  for await (const batch of trainBatches({ ...run, recipe, samples }, 0, 0, 1)) {
    const comparison = await compareCost(context, partOf(clipsOf(batch), accumulate, 0));
    batch.release();
    return comparison;
  }
  return null;
}

/** A comparison in a line for people. */
export function describeCost({ tokens, msPerClip }: CostComparison): string {
  const [kept, all] = msPerClip;
  return `time per clip ${kept.toFixed(2)} ms with ${tokens[0]} of ${tokens[1]} tokens, ` +
    `${all.toFixed(2)} ms with all: ${(kept / all).toFixed(2)}×`;
}
