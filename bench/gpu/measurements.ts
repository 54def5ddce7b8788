import { fileURLToPath } from "node:url";
import type { GpuChoice, Precision } from "@videoms/core";
import type { TorchPython } from "../compare/find_torch.ts";
import { startOurs, startTorch } from "../compare/lanes.ts";
import type { Contestant, StepAnswer } from "../compare/contestant.ts";
import type { TorchArithmetic } from "../compare/torch_setting.ts";
import type { EvenStrategy } from "../step/even_masking.ts";
import type { StepSetting } from "../step/bench_step.ts";
import { denoProgram } from "../deno_program.ts";
import { median } from "../report.ts";
import { blockProducts } from "./block_products.ts";
import type { WorkerOptions } from "./gpu_worker.ts";
import { jsonLines } from "./json_lines.ts";

/** What can be measured for itself. */
export interface Measurement {
  /** Name in the file of figures: kind, what is measured and by whom, with slashes. */
  readonly name: string;
  /** Gives figures as they are measured. */
  run(signal: AbortSignal): AsyncIterable<Record<string, unknown>>;
}

/** What is measured in all. */
export interface GpuPlan {
  /** The step that is compared. */
  readonly setting: StepSetting;
  /** Timed steps of each. */
  readonly steps: number;
  /** Steps before them, at least one. */
  readonly warmup: number;
  /** Part of the name, or the number, of the GPU. */
  readonly adapter?: string;
  /** Python with PyTorch on the same GPU, or null. */
  readonly torch: TorchPython | null;
  /** Batch sizes of the cost curve. */
  readonly batches: readonly number[];
}

/** A WebGPU and a precision. */
interface Own {
  readonly gpu: GpuChoice;
  readonly precision: Precision;
  readonly matrixUnits?: boolean;
}

function worker(
  kind: "adapters" | "verify" | "products",
  options: WorkerOptions,
): Measurement["run"] {
  const rights = ["read", "write", "env", "sys", "ffi"].map((right) => `--allow-${right}`);
  const module = fileURLToPath(new URL("./gpu_worker.ts", import.meta.url));
  const args = ["run", "-q", "--no-check", ...rights, module, kind, JSON.stringify(options)];
  return (signal) => jsonLines(denoProgram(), args, signal);
}

/** Figures of some steps in a row. */
async function* stepFigures(
  start: Promise<Contestant>,
  { steps, warmup }: GpuPlan,
  batch: number,
): AsyncGenerator<Record<string, unknown>> {
  const began = performance.now();
  const contestant = await start;
  const answers: StepAnswer[] = [];
  const seconds = { ready: (performance.now() - began) / 1000, first: 0 };
  try {
    for (let i = 0; i < warmup + steps; i++) {
      answers.push(await contestant.step());
      seconds.first ||= (performance.now() - began) / 1000;
    }
  } finally {
    await contestant.end();
  }
  const timed = answers.slice(warmup);
  const ms = median(timed.map(({ ms }) => ms));
  const { gpuBytes, dispatches } = answers.at(-1)!;
  yield {
    with: contestant.description,
    batch,
    ms,
    least: Math.min(...timed.map(({ ms }) => ms)),
    clipsPerSecond: 1000 * batch / ms,
    recording: timed[0].recording === undefined
      ? undefined
      : median(timed.map(({ recording }) => recording!)),
    dispatches,
    gpuBytes,
    losses: answers.map(({ loss }) => loss),
    seconds,
  };
}

function nameOf({ gpu, precision, matrixUnits }: Own): string {
  return `${gpu}-${precision}${matrixUnits === false ? "-without-matrix-units" : ""}`;
}

/** Steps of ours. */
function ownSteps(plan: GpuPlan, strategy: EvenStrategy | null, own: Own): Measurement {
  const { setting, adapter } = plan;
  const server = { ...setting, ...own, strategy, adapter, backend: "webgpu" as const };
  return {
    name: `step/${strategy ?? "finetune"}/${nameOf(own)}`,
    run: (signal) => stepFigures(startOurs("ours", server, signal), plan, setting.batch),
  };
}

/** Steps of PyTorch; none without a GPU of its own. */
function torchSteps(
  plan: GpuPlan,
  strategy: EvenStrategy,
  arithmetic: TorchArithmetic,
): Measurement[] {
  const { setting, torch } = plan;
  if (!torch?.cuda) return [];
  const lane = { ...setting, strategy, backend: "webgpu" as const };
  return [{
    name: `step/${strategy}/torch-${arithmetic}`,
    run: (signal) =>
      stepFigures(startTorch(torch, lane, arithmetic, { signal }), plan, setting.batch),
  }];
}

/** One step of stock tfjs. */
function stockStep(plan: GpuPlan): Measurement {
  const setting = { ...plan.setting, strategy: "motion-centric", backend: "webgpu" } as const;
  return {
    name: "step/motion-centric/stock-tfjs",
    run: (signal) =>
      stepFigures(startOurs("stock", setting, signal), { ...plan, steps: 1 }, setting.batch),
  };
}

/** A step of ours at each batch size, each in a process of its own. */
function costCurve(plan: GpuPlan, own: Own): Measurement[] {
  return plan.batches.map((batch) => {
    const { name, run } = ownSteps(
      { ...plan, setting: { ...plan.setting, batch } },
      "motion-centric",
      own,
    );
    return { name: name.replace("step/", "batch/") + `/${batch}`, run };
  });
}

const DAWN_F16: Own = { gpu: "dawn", precision: "f16" };
const DAWN_F32: Own = { gpu: "dawn", precision: "f32" };
const DENO_F32: Own = { gpu: "deno", precision: "f32" };
const DENO_F16: Own = { gpu: "deno", precision: "f16" };

/** Everything, in order of worth. */
export function measurements(plan: GpuPlan): Measurement[] {
  const { setting, adapter, torch } = plan;
  const verify = (own: Own): Measurement => ({
    name: `verify/${nameOf(own)}`,
    run: worker("verify", { ...own, adapter }),
  });
  const products = (own: Own): Measurement => ({
    name: `products/${nameOf(own)}`,
    run: worker("products", { ...own, adapter, products: blockProducts(setting) }),
  });
  const adapters = (gpu: GpuChoice): Measurement => ({
    name: `adapters/${gpu}`,
    run: worker("adapters", { gpu }),
  });
  const program = fileURLToPath(new URL("./torch_products.py", import.meta.url));
  const torchProducts: Measurement[] = torch?.cuda
    ? [{
      name: "products/torch",
      run: (signal) =>
        jsonLines(torch.program, [program, JSON.stringify(blockProducts(setting))], signal),
    }]
    : [];
  const strategy = "motion-centric";
  return [
    adapters("deno"),
    adapters("dawn"),
    ownSteps(plan, strategy, DAWN_F16),
    ...torchSteps(plan, strategy, "f16"),
    ownSteps(plan, strategy, DAWN_F32),
    ...torchSteps(plan, strategy, "f32"),
    ownSteps(plan, strategy, DENO_F32),
    verify(DAWN_F16),
    verify(DAWN_F32),
    verify(DENO_F32),
    products(DAWN_F16),
    ...torchProducts,
    stockStep(plan),
    ownSteps(plan, strategy, { ...DAWN_F16, matrixUnits: false }),
    ownSteps(plan, strategy, DENO_F16),
    ...torchSteps(plan, strategy, "tf32"),
    ownSteps(plan, "tube", DAWN_F16),
    ...torchSteps(plan, "tube", "f16"),
    ownSteps(plan, null, DAWN_F16),
    products(DAWN_F32),
    ownSteps(plan, "tube", DAWN_F32),
    ...torchSteps(plan, "tube", "f32"),
    ownSteps(plan, null, DAWN_F32),
    verify(DENO_F16),
    ...costCurve(plan, DAWN_F16),
    products(DENO_F32),
  ];
}
