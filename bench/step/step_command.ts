import { type BackendChoice, type Device, openDevice } from "@videoms/core";
import { type Command, defineCommand, type FlagSpecs } from "../../tasks/command_line/command.ts";
import { median, report, type Row } from "../report.ts";
import { type BenchStep, finetuneBench, pretrainBench, TOKEN_SELECTIONS } from "./bench_step.ts";
import { EVEN_STRATEGIES, evenMasking } from "./even_masking.ts";
import { listOf, STEP_FLAGS, stepSetting } from "./step_flags.ts";

const FLAGS = {
  kind: {
    type: "text",
    choices: ["pretrain", "finetune"],
    help: "what to time (default pretrain)",
  },
  masking: {
    type: "text",
    value: "names",
    help:
      "strategies of pre-training, several with commas: motion-centric, tube (default the first)",
  },
  tokens: {
    type: "text",
    value: "names",
    help: "tokens of fine-tuning, several with commas: motion-centric, all (default the first)",
  },
  blas: { type: "text", choices: ["auto", "none"], help: "BLAS of the CPU engine (default auto)" },
  ...STEP_FLAGS,
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

/** Highest resident memory of the process so far, in bytes; where the system does not say, the present. */
function peakMemory(): number {
  try {
    const text = Deno.readTextFileSync("/proc/self/status");
    return Number(/VmHWM:\s*(\d+)/.exec(text)![1]) * 1024;
  } catch {
    return Deno.memoryUsage().rss;
  }
}

function rowOf(
  name: string,
  device: Device,
  step: BenchStep,
  clips: number,
  times: StepTime[],
): Row {
  const ms = median(times.map(({ total }) => total));
  const recording = median(times.map((time) => time.recording));
  return {
    step: name,
    "median ms": ms,
    "least ms": Math.min(...times.map(({ total }) => total)),
    "clips/s": 1000 * clips / ms,
    // A backward pass costs two forward passes; a multiply-accumulate is two operations.
    "GFLOP/s": 6 * step.cost / (ms / 1000) / 1e9,
    "peak GB": peakMemory() / 1e9,
    ...(device.queue
      ? {
        dispatches: median(times.map(({ dispatches }) => dispatches)),
        "recording ms": recording,
        "waiting share": 1 - recording / ms,
        "GPU GB": device.queue.counts().allocatedBytes / 1e9,
      }
      : {}),
  };
}

/** `bench step`. */
export const stepCommand: Command = defineCommand({
  name: "step",
  summary: "time whole training steps on made-up pixels: no decoding, nothing written",
  description: [
    "Steps of several strategies are run in turn, so that what else the machine does meets all alike. " +
    "Recording is the time in JavaScript and in the driver's own calls until everything is submitted.",
  ],
  positionals: [],
  flags: FLAGS,
  examples: [
    "step --size small --batch 4 --masking motion-centric,tube",
    "step --kind finetune --size tiny --batch 2 --tokens motion-centric,all --recompute",
    "step --backend webgpu --size base --batch 24",
  ],
  async run({ flags, signal }) {
    const setting = stepSetting(flags);
    const { kind = "pretrain", steps: count = 5, warmup = 1, blas } = flags;
    const masking = listOf("masking", flags.masking ?? "motion-centric", EVEN_STRATEGIES);
    const tokens = listOf("tokens", flags.tokens ?? "motion-centric", TOKEN_SELECTIONS);
    const backend = flags.backend as BackendChoice | undefined;
    const device = await openDevice({ backend, blas: blas as "auto" | "none" | undefined });
    console.log(device.description);
    const steps = kind === "finetune"
      ? tokens.map((name) => ({ name, step: finetuneBench(device, setting, name) }))
      : masking.map((name) => ({ name, step: pretrainBench(device, setting, evenMasking(name)) }));
    const times = steps.map((): StepTime[] => []);
    for (let turn = 0; turn < warmup + count && !signal.aborted; turn++) {
      for (const [i, { step }] of steps.entries()) {
        const time = await timeStep(device, step);
        if (turn >= warmup) times[i].push(time);
      }
    }
    const title = (name: string) => `${kind} ViT-${setting.size}, batch ${setting.batch}, ${name}`;
    const rows = steps.map(({ name, step }, i) =>
      rowOf(title(name), device, step, setting.batch, times[i])
    );
    await report(rows, flags.json);
  },
});
