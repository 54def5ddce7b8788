import { tokenGrid } from "@videoms/core";
import { motionCentricTokens } from "@videoms/masking";
import { maskedAutoencoderCost, totalCost, videoClassifierCost } from "@videoms/models";
import { autoencoderOf, classifierOf } from "../../tasks/runs/network/model_options.ts";
import { type Command, defineCommand, type FlagSpecs, UsageError } from "@videoms/data/console";
import finetuneTask from "../../tasks/ucf101/finetune.ts";
import pretrainTask from "../../tasks/ucf101/pretrain.ts";
import { findTorch } from "../compare/find_torch.ts";
import { machine } from "../report.ts";
import type { StepSetting } from "../step/bench_step.ts";
import { EVEN_STRATEGIES, evenMasking } from "../step/even_masking.ts";
import { STEP_FLAGS, stepCounts, stepSetting } from "../step/step_flags.ts";
import { FiguresFile } from "./figures_file.ts";
import { gpuTables, type StepCosts } from "./gpu_tables.ts";
import { type Measurement, measurements } from "./measurements.ts";

const { size, batch, frames, imageSize, steps, warmup, adapter } = STEP_FLAGS;

const FLAGS = {
  out: { type: "path", value: "file", help: "figures, a line each (default gpu.jsonl)" },
  minutes: { type: "number", value: "count", help: "end after this long (default 6)" },
  only: {
    type: "text",
    value: "names",
    help: "measurements whose names start so, several with commas (default all)",
  },
  batches: {
    type: "text",
    value: "sizes",
    help: "batch sizes of the cost curve (default 1,2,4,8,16,32,64)",
  },
  size: { ...size, help: "network (default base)" },
  batch: { ...batch, help: "clips of a step (default 24)" },
  frames,
  imageSize,
  adapter,
  steps: { ...steps, help: "timed steps of each (default 5)" },
  warmup: { ...warmup, help: "steps before them, at least 1 (default 2)" },
} as const satisfies FlagSpecs;

/** Multiply-accumulates of the forward pass of a clip by kind of step. */
function costsOf({ size, frames, imageSize }: StepSetting): StepCosts {
  const model = { size, frames, imageSize };
  const pretrain = autoencoderOf({ ...pretrainTask, model: { ...pretrainTask.model, ...model } });
  const grid = tokenGrid(pretrain.geometry);
  const costs = EVEN_STRATEGIES.map((name) =>
    [name, totalCost(maskedAutoencoderCost(pretrain, [evenMasking(name).counts(grid)]))] as const
  );
  const finetune = classifierOf(
    { ...finetuneTask, model: { ...finetuneTask.model, ...model } },
    101,
  );
  const kept = motionCentricTokens.create(motionCentricTokens.defaults).count(grid);
  return { ...Object.fromEntries(costs), finetune: totalCost(videoClassifierCost(finetune, kept)) };
}

/** What a measurement may take at most, in seconds. */
const LONGEST = 120;

/** Makes one measurement and writes what it gives, also if it fails on the way. */
async function measure(
  file: FiguresFile,
  { name, run }: Measurement,
  seconds: number,
  stop: AbortSignal,
): Promise<string> {
  const start = performance.now();
  const limit = AbortSignal.timeout(1000 * seconds);
  try {
    for await (const figures of run(AbortSignal.any([stop, limit]))) {
      await file.append({ measurement: name, ...figures });
    }
    stop.throwIfAborted();
    limit.throwIfAborted();
    const took = (performance.now() - start) / 1000;
    await file.append({ measurement: name, seconds: took, done: true });
    return `${took.toFixed(1)} s`;
  } catch (error) {
    stop.throwIfAborted();
    const failed = limit.aborted
      ? `it took longer than ${seconds.toFixed(0)} s`
      : (error as Error).message;
    await file.append({ measurement: name, failed });
    return failed;
  }
}

function batchesOf(text: string): number[] {
  const batches = text.split(",").map(Number);
  if (batches.every((batch) => Number.isInteger(batch) && batch > 0)) return batches;
  throw new UsageError(`Cannot run a benchmark: --batches must be whole numbers, got "${text}"`);
}

/** `bench gpu`. */
export const gpuCommand: Command = defineCommand({
  summary: "everything about a GPU in a few minutes, on both WebGPUs and beside PyTorch",
  description: [
    "Adapters, exactness, training steps of ours, of PyTorch and of stock tfjs, and the products of a block by " +
    "every variant: in order of worth, each in a process of its own. Every figure is written as soon as it is " +
    "measured, as a line of JSON. The same command again makes only what is missing in the file. " +
    "PyTorch takes part if it finds CUDA.",
  ],
  positionals: [],
  flags: FLAGS,
  examples: [
    "gpu",
    "gpu --minutes 2 --only adapters,step/motion-centric",
    "gpu --size tiny --frames 4 --image-size 64 --batch 2 --batches 1,2 --out software.jsonl",
  ],
  whenStopped: "figures measured so far are in the file; the same command goes on",
  async run({ flags, signal }) {
    const { minutes = 6, out = "gpu.jsonl", only, batches = "1,2,4,8,16,32,64" } = flags;
    const end = performance.now() + 60_000 * minutes;
    const setting = stepSetting({ ...flags, size: flags.size ?? "base", batch: flags.batch ?? 24 });
    const costs = costsOf(setting); // also checks the sizes
    const { count, warmup } = stepCounts({ steps: flags.steps, warmup: flags.warmup ?? 2 });
    const torch = await findTorch();
    const { adapter } = flags;
    const plan = { setting, steps: count, warmup, adapter, torch, batches: batchesOf(batches) };
    const file = await FiguresFile.open(out);
    const names = only?.split(",") ?? [""];
    const wanted = measurements(plan).filter(({ name }) =>
      names.some((part) => name.startsWith(part))
    );
    if (wanted.length === 0) {
      const kinds = measurements(plan).map(({ name }) => name).join(", ");
      throw new UsageError(
        `Cannot run a benchmark: --only must name some of ${kinds}, got "${only}"`,
      );
    }
    const facts = { ...machine(), ...setting, torch: torch?.version ?? "none" };
    if (!file.isDone("machine")) {
      await file.append({ measurement: "machine", ...facts, done: true });
    }
    for (const measurement of wanted) {
      signal.throwIfAborted();
      if (file.isDone(measurement.name)) continue;
      const left = (end - performance.now()) / 1000;
      const told = left < 1
        ? "no time left; the same command goes on here"
        : await measure(file, measurement, Math.min(left, LONGEST), signal);
      console.log(`${measurement.name}: ${told}`);
    }
    const gpu = file.linesOf("adapters/").map(({ name }) => String(name ?? "")).join(" ");
    console.log(`\n${gpuTables(file, costs, gpu)}\nwritten: ${out}`);
  },
});
