/**
 * A rank of `deno task bench scale`, started by an MPI launcher; rank 0 prints what was measured.
 *
 * @module
 */

import {
  type Communicator,
  gatherValues,
  GradientAverage,
  meetRanks,
  openDevice,
  openRanks,
  type Parameters,
  type SharedValues,
} from "@videoms/core";
import { motionCentric } from "@videoms/masking";
import { median } from "../report.ts";
import { type BenchStep, pretrainBench, type StepSetting } from "../step/bench_step.ts";
import type { StepCost, TimedSum } from "./scale_model.ts";

/** What is to be measured. */
export interface ScaleRequest {
  readonly setting: StepSetting;
  readonly steps: number;
  readonly warmup: number;
}

/** What some ranks on one host measured. */
export interface ScaleMeasures {
  readonly ranks: number;
  readonly description: string;
  readonly device: string;
  readonly step: StepCost;
  /** Median of such steps side by side, without any exchange, until the slowest rank is done, in milliseconds. */
  readonly apartMs: number;
  /** Median of a step of all ranks at once, each with as many clips as the one alone, in milliseconds. */
  readonly togetherMs: number;
  /** Means of these steps on rank 0, in milliseconds. */
  readonly waitMs: number;
  readonly transferMs: number;
  readonly blockedMs: number;
  readonly sums: readonly TimedSum[];
}

/** Values of the sums that are timed, and the pieces that they lie in. */
const SIZES = [[2 ** 8], [2 ** 12], [2 ** 16], [2 ** 18], [2 ** 20], [2 ** 22], [2 ** 14, 1024]];

/** The least time counts, since other work on the machine only makes it longer. */
const REPEATS = 15;

async function timeSums(ranks: Communicator): Promise<TimedSum[]> {
  const sums: TimedSum[] = [];
  for (const [size, pieces = 1] of SIZES) {
    const values: SharedValues = new Float32Array(new SharedArrayBuffer(4 * size));
    const parts = Array.from(
      { length: pieces },
      (_, i) => values.subarray(i * size / pieces, (i + 1) * size / pieces),
    );
    const times: number[] = [];
    for (let i = 0; i <= REPEATS; i++) {
      await meetRanks(ranks);
      const start = performance.now();
      await Promise.all([ranks.collect(parts, parts, true), ranks.share(parts)]);
      if (i > 0) times.push(performance.now() - start);
    }
    sums.push({ ranks: ranks.size, bytes: values.byteLength, pieces, ms: Math.min(...times) });
  }
  return sums;
}

/** Notes when a step's buckets are sent: the first one while the backward pass is at work, the last one at its end. */
class WatchedRanks {
  readonly times: number[] = [];
  bytes = 0;
  readonly ranks: Communicator;

  constructor(ranks: Communicator) {
    this.ranks = {
      ...ranks,
      collect: (values, ...rest) => {
        this.times.push(performance.now());
        this.bytes += values.reduce((sum, { byteLength }) => sum + byteLength, 0);
        return ranks.collect(values, ...rest);
      },
    };
  }

  clear(): void {
    this.times.length = this.bytes = 0;
  }
}

async function timed(step: BenchStep): Promise<number> {
  const start = performance.now();
  const loss = await step.run();
  await loss();
  return performance.now() - start;
}

/** Steps of rank 0 alone, of all ranks side by side without exchange, and of all together, in turns. */
async function timeSteps(
  ranks: Communicator,
  { setting, steps, warmup }: ScaleRequest,
): Promise<Omit<ScaleMeasures, "ranks" | "description" | "sums">> {
  await using device = await openDevice({ backend: "wasm", threads: 1 });
  const strategy = motionCentric.create(motionCentric.defaults);
  const watched = new WatchedRanks(ranks);
  let average: GradientAverage;
  const onRanks = (parameters: Parameters) =>
    average = new GradientAverage(watched.ranks, parameters, { view: device.view });
  const alone = pretrainBench(device, setting, strategy);
  const together = pretrainBench(device, setting, strategy, onRanks);
  const [aloneMs, apartMs, togetherMs, windows]: number[][] = [[], [], [], []];
  for (let turn = 0; turn < warmup + steps; turn++) {
    if (turn === warmup) average!.takeTimes();
    const ms = ranks.rank === 0 ? await timed(alone) : 0;
    await meetRanks(ranks);
    const apart = await gatherValues(ranks, await timed(alone));
    watched.clear();
    const all = await timed(together);
    if (turn < warmup) continue;
    aloneMs.push(ms);
    apartMs.push(Math.max(...apart));
    togetherMs.push(all);
    // The last sum is that of losses, once all buckets are on their way.
    windows.push(watched.times.at(-1)! - watched.times[0]);
  }
  const { waitMs, transferMs, blockedMs } = average!.takeTimes();
  return {
    device: device.description,
    step: {
      ms: median(aloneMs),
      windowMs: median(windows),
      gradientBytes: watched.bytes,
      buckets: watched.times.length - 1,
    },
    apartMs: median(apartMs),
    togetherMs: median(togetherMs),
    waitMs: waitMs / steps,
    transferMs: transferMs / steps,
    blockedMs: blockedMs / steps,
  };
}

if (import.meta.main) {
  const ranks = await openRanks();
  const request: ScaleRequest = JSON.parse(Deno.args[0]);
  const sums = await timeSums(ranks);
  const steps = await timeSteps(ranks, request);
  await ranks[Symbol.asyncDispose]();
  const measures: ScaleMeasures = {
    ranks: ranks.size,
    description: ranks.description,
    ...steps,
    sums,
  };
  if (ranks.rank === 0) console.log(JSON.stringify(measures));
  Deno.exit(0);
}
