import { type Device, openDevice, type Registry } from "@videoms/core";
import type { MaskingStrategy, TokenSelection } from "@videoms/masking";
import { openWasmEngine } from "../../core/cpu/wasm_engine.ts";
import { type Command, defineCommand, type FlagSpecs, UsageError } from "@videoms/data/console";
import { COMPUTE_FLAGS } from "../../tasks/commands/run_flags.ts";
import { loadRegistry } from "../../tasks/definition/plugins.ts";
import { median, report, type Row, table } from "../report.ts";
import { type BenchStep, finetuneBench, pretrainBench, type StepSetting } from "./bench_step.ts";
import { openTuning } from "../../tasks/runs/training/run_tuning.ts";
import { deviceOptions, listOf, STEP_FLAGS, stepCounts, stepSetting } from "./step_flags.ts";

const FLAGS = {
  kind: {
    type: "text",
    choices: ["pretrain", "finetune"],
    help: "what to time (default pretrain)",
  },
  masking: {
    type: "text",
    value: "names",
    help: "strategies of pre-training, several with commas (default motion-centric)",
  },
  tokens: {
    type: "text",
    value: "names",
    help: "tokens of fine-tuning, several with commas (default motion-centric)",
  },
  profile: { type: "boolean", help: "time every kind of kernel on a GPU, in one more step" },
  ...STEP_FLAGS,
  precision: COMPUTE_FLAGS.precision,
} as const satisfies FlagSpecs;

/** Times of one step in milliseconds. */
interface StepTime {
  /** In all. */
  total: number;
  /** Until everything was recorded and submitted; on a CPU that is all. */
  recording: number;
  dispatches: number;
}

/** Times a step, waiting for the device at its end. */
async function timeStep(device: Device, step: BenchStep): Promise<StepTime> {
  const before = device.queue?.counts().dispatches ?? 0;
  const start = performance.now();
  const loss = await step.run();
  device.queue?.flush();
  const recorded = performance.now();
  await device.settle();
  const total = performance.now() - start;
  await loss();
  device.check();
  const dispatches = (device.queue?.counts().dispatches ?? 0) - before;
  return { total, recording: recorded - start, dispatches };
}

/** Steps whose recording is timed by itself, in the first half until all is compiled. */
const RECORDED_STEPS = 200;

/**
 * Milliseconds of JavaScript that record a step, without the driver: nothing is submitted, since on a software GPU
 * the shaders would take the same cores, and the closing of command buffers, where the driver checks and translates
 * them, is taken off. What the step computes is lost, so this comes last.
 */
async function recordingTime({ queue: recorder }: Device, step: BenchStep): Promise<number> {
  const { device } = recorder!;
  const { queue } = device;
  const { submit } = queue;
  // Each WebGPU has a class of its own.
  const encoder: GPUCommandEncoder = Object.getPrototypeOf(device.createCommandEncoder());
  const { finish } = encoder;
  let closing = 0;
  queue.submit = () => {};
  encoder.finish = function (...args) {
    const start = performance.now();
    const buffer = finish.apply(this, args);
    closing += performance.now() - start;
    return buffer;
  };
  const times: number[] = [];
  try {
    for (let i = 0; i < RECORDED_STEPS; i++) {
      closing = 0;
      const start = performance.now();
      await step.run();
      recorder!.flush();
      times.push(performance.now() - start - closing);
    }
  } finally {
    queue.submit = submit;
    encoder.finish = finish;
  }
  return median(times.slice(RECORDED_STEPS / 2));
}

/** Highest resident memory of the process so far, in bytes; where the system does not say, the present. */
function peakMemory(): number {
  try {
    const text = Deno.readTextFileSync("/proc/self/status");
    return Number(/VmHWM:\s*(\d+)/.exec(text)![1]) * 1024;
  } catch {
    return Deno.memoryUsage().rss;
  }
}

/** What only a backend of this kind has to tell. */
async function backendFigures(
  device: Device,
  step: BenchStep,
  ms: number,
  times: readonly StepTime[],
  blas: "auto" | "none" | undefined,
): Promise<Row> {
  const { backend, queue } = device;
  if (backend === "wasm") return { "heap GB": (await openWasmEngine({ blas })).heapBytes() / 1e9 };
  if (!queue) return {};
  const recording = median(times.map((time) => time.recording));
  return {
    dispatches: median(times.map(({ dispatches }) => dispatches)),
    "recording ms": recording,
    "JavaScript ms": await recordingTime(device, step),
    "waiting share": 1 - recording / ms,
    "GPU GB": queue.counts().allocatedBytes / 1e9,
  };
}

/** Prints where a step's time on the GPU goes, from one more step. */
async function printProfile(
  { queue }: Device,
  step: BenchStep,
  title: string,
): Promise<void> {
  if (!queue) throw new UsageError("Cannot run a benchmark: --profile needs the webgpu backend");
  queue.beginProfile();
  const loss = await step.run();
  const times = await queue.endProfile();
  await loss();
  const all = times.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  console.log(`\n${title}: ${all.toPrecision(4)} ms of our kernels, each in a pass of its own`);
  console.log(table(times.map(({ kernel, dispatches, milliseconds: ms }) => ({
    kernel,
    dispatches,
    ms,
    "share %": 100 * ms / all,
  }))));
}

/** A step under its name. */
interface NamedStep {
  name: string;
  step: BenchStep;
}

/** The steps that the flags name, as shipped strategies with their default options make them. */
function stepsOf(
  device: Device,
  registry: Registry,
  setting: StepSetting,
  { kind, masking, tokens }: { kind: string; masking: string; tokens: string },
): NamedStep[] {
  const namesOf = (plugin: "masking" | "tokens", text: string) =>
    listOf(plugin, text, registry.list(plugin).map(({ name }) => name));
  if (kind === "finetune") {
    return namesOf("tokens", tokens).map((name) => {
      const selection = registry.create<TokenSelection>({ kind: "tokens", name });
      return { name, step: finetuneBench(device, setting, selection) };
    });
  }
  return namesOf("masking", masking).map((name) => {
    const strategy = registry.create<MaskingStrategy>({ kind: "masking", name });
    return { name, step: pretrainBench(device, setting, strategy) };
  });
}

function rowOf(name: string, step: BenchStep, clips: number, times: readonly StepTime[]): Row {
  const ms = median(times.map(({ total }) => total));
  return {
    step: name,
    "median ms": ms,
    "least ms": Math.min(...times.map(({ total }) => total)),
    "clips/s": 1000 * clips / ms,
    // A backward pass costs two forward passes; a multiply-accumulate is two operations.
    "GFLOP/s": 6 * step.cost / (ms / 1000) / 1e9,
    "peak GB": peakMemory() / 1e9,
  };
}

/** `bench step`. */
export const stepCommand: Command = defineCommand({
  summary: "time whole training steps on made-up pixels: no decoding, nothing written",
  description: [
    "Steps of several strategies are run in turn, so that what else the machine does meets all alike. " +
    "Recording is the time in JavaScript and in the driver's own calls until everything is submitted, " +
    "JavaScript the same without the driver; the rest of a step is waiting for the GPU. Memory is that of the whole process, with all strategies of the run.",
  ],
  positionals: [],
  flags: FLAGS,
  examples: [
    "step --size small --batch 4 --masking motion-centric,tube",
    "step --kind finetune --size tiny --batch 2 --tokens motion-centric,all --recompute",
    "step --backend webgpu --size base --batch 24 --precision f16",
  ],
  async run({ flags, signal }) {
    const setting = stepSetting(flags);
    const { count, warmup } = stepCounts(flags);
    const { kind = "pretrain", masking = "motion-centric", tokens = "motion-centric" } = flags;
    const options = deviceOptions(flags);
    await using device = await openDevice(options);
    const steps = stepsOf(device, await loadRegistry(), setting, { kind, masking, tokens });
    const tuning = await openTuning(device, {}, console.error);
    const times = steps.map((): StepTime[] => []);
    for (let turn = 0; turn < warmup + count; turn++) {
      for (const [i, { step }] of steps.entries()) {
        signal.throwIfAborted();
        const time = await timeStep(device, step);
        if (turn >= warmup) times[i].push(time);
      }
      if (turn === 0) await tuning.measure(console.error, signal);
    }
    const title = (name: string) => `${kind} ViT-${setting.size}, batch ${setting.batch}, ${name}`;
    const rows: Row[] = [];
    for (const [i, { name, step }] of steps.entries()) {
      const row = rowOf(title(name), step, setting.batch, times[i]);
      const ms = Number(row["median ms"]);
      if (flags.profile) await printProfile(device, step, title(name));
      rows.push({ ...row, ...await backendFigures(device, step, ms, times[i], options.blas) });
    }
    await report(rows, { device: device.description }, flags.json);
  },
});
