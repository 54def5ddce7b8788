import { fileURLToPath } from "node:url";
import { denoProgram } from "../deno_program.ts";
import { median, type Row } from "../report.ts";
import type { EvenStrategy } from "../step/even_masking.ts";
import { type Contestant, startContestant, type StepAnswer } from "./contestant.ts";
import type { TorchPython } from "./find_torch.ts";
import type { ServerSetting } from "./step_server.ts";
import { type TorchArithmetic, torchSetting } from "./torch_setting.ts";

/**
 * What we can be compared with. `torch` is as it comes. `torch-passive` has OMP_WAIT_POLICY=PASSIVE: where its
 * matrix products have threads of their own (OpenBLAS), OpenMP's threads, which spin while they wait, take
 * their cores away, and PyTorch is faster if they sleep. `torch-f16` is autocast with a loss scale, `ours-f16`
 * ourselves in half precision.
 */
export const RIVALS = [
  "ours-f16",
  "torch",
  "torch-passive",
  "torch-tf32",
  "torch-f16",
  "stock",
] as const;

/** One of {@linkcode RIVALS}. */
export type Rival = typeof RIVALS[number];

/** An implementation under a strategy, and its answers so far. */
export interface Lane {
  name: "ours" | Rival;
  strategy: EvenStrategy;
  /** Null if it could not start. */
  contestant: Contestant | null;
  answers: StepAnswer[];
  /** Why it takes part no more, or null. */
  failure: string | null;
}

/** What all lanes of a strategy have in common. */
export type LaneSetting = Omit<ServerSetting, "precision"> & { strategy: EvenStrategy };

/** What PyTorch's lanes compute in where it is not plain float32. */
const ARITHMETIC: Partial<Record<Lane["name"], TorchArithmetic>> = {
  "torch-tf32": "tf32",
  "torch-f16": "f16",
};

function pathOf(module: string): string {
  return fileURLToPath(new URL(module, import.meta.url));
}

/** Starts a process of ours, or of stock tfjs. */
export function startOurs(
  kernels: "ours" | "stock",
  setting: ServerSetting,
  signal?: AbortSignal,
): Promise<Contestant> {
  const rights = ["read", "write", "env", "sys", "ffi"].map((right) => `--allow-${right}`);
  const server = pathOf("./step_server.ts");
  const args = ["run", "-q", "--no-check", ...rights, server, kernels, JSON.stringify(setting)];
  return startContestant(kernels, denoProgram(), args, { signal });
}

/** Starts a process of PyTorch. */
export function startTorch(
  torch: TorchPython,
  setting: LaneSetting,
  arithmetic: TorchArithmetic,
  options: { env?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Contestant> {
  const description = JSON.stringify(torchSetting(setting, arithmetic));
  const args = [pathOf("../torch_step.py"), description];
  return startContestant(`torch-${arithmetic}`, torch.program, args, options);
}

/** Starts the process of an implementation. */
function start(
  name: Lane["name"],
  setting: LaneSetting,
  torch: TorchPython | null,
): Promise<Contestant> {
  if (name === "ours" || name === "ours-f16" || name === "stock") {
    const precision = name === "ours-f16" ? "f16" : "f32";
    return startOurs(name === "stock" ? "stock" : "ours", { ...setting, precision });
  }
  const env = name === "torch-passive" ? { OMP_WAIT_POLICY: "PASSIVE" } : undefined;
  return startTorch(torch!, setting, ARITHMETIC[name] ?? "f32", { env });
}

/**
 * Opens a lane. A rival that does not start is noted, and the others go on.
 *
 * @throws {Error} if we do not start
 */
export async function openLane(
  name: Lane["name"],
  setting: LaneSetting,
  torch: TorchPython | null,
): Promise<Lane> {
  const lane = { name, strategy: setting.strategy, answers: [], failure: null };
  try {
    return { ...lane, contestant: await start(name, setting, torch) };
  } catch (error) {
    if (name === "ours") throw error;
    return { ...lane, contestant: null, failure: (error as Error).message };
  }
}

/**
 * Lets all take steps in turn, so that what else the machine does meets all alike. A rival that fails, as
 * where the memory of a GPU does not hold it, is noted, and the others go on.
 *
 * @throws {Error} if we fail
 */
export async function race(
  lanes: readonly Lane[],
  turns: number,
  signal: AbortSignal,
): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    for (const lane of lanes) {
      signal.throwIfAborted();
      if (lane.failure !== null) continue;
      try {
        lane.answers.push(await lane.contestant!.step());
      } catch (error) {
        if (lane.name === "ours") throw error;
        lane.failure = (error as Error).message;
      }
    }
  }
}

/** Times of the steps after the first `warmup`; none of a lane that failed. */
function timesOf({ answers, failure }: Lane, warmup: number): number[] {
  return failure === null ? answers.slice(warmup).map(({ ms }) => ms) : [];
}

/** Our lane of the same strategy. */
function oursOf(lanes: readonly Lane[], { strategy }: Lane): Lane {
  return lanes.find((lane) => lane.name === "ours" && lane.strategy === strategy)!;
}

/** A row for each lane. */
export function rowsOf(lanes: readonly Lane[], batch: number, warmup: number): Row[] {
  const middle = (lane: Lane) => {
    const times = timesOf(lane, warmup);
    return times.length === 0 ? NaN : median(times);
  };
  return lanes.map((lane) => ({
    masking: lane.strategy,
    what: lane.name,
    "median ms": middle(lane),
    "least ms": Math.min(...timesOf(lane, warmup)),
    "clips/s": 1000 * batch / middle(lane),
    "ours / this": middle(oursOf(lanes, lane)) / middle(lane),
    "GPU GB": (lane.answers.at(-1)?.gpuBytes ?? NaN) / 1e9,
    "first loss": lane.answers.at(0)?.loss ?? NaN,
    "last loss": lane.answers.at(-1)?.loss ?? NaN,
    with: lane.failure === null ? lane.contestant!.description : "failed",
  }));
}

/** Our time under the first strategy over that under the second, or null without two. */
export function strategyRatio(lanes: readonly Lane[], warmup: number): number | null {
  const ours = lanes.filter(({ name }) => name === "ours");
  if (ours.length !== 2) return null;
  const [first, second] = ours.map((lane) => median(timesOf(lane, warmup)));
  return first / second;
}

/** How far losses are from ours at most, over ours; those of PyTorch in TF32 and half precision do not count. */
export function lossDifference(lanes: readonly Lane[]): number {
  const differences = lanes.filter(({ name }) => !(name in ARITHMETIC)).flatMap((lane) => {
    const ours = oursOf(lanes, lane).answers;
    return lane.answers.map(({ loss }, i) => {
      const difference = Math.abs(loss - ours[i].loss) / ours[i].loss;
      return Number.isFinite(difference) ? difference : Infinity;
    });
  });
  return Math.max(...differences);
}
