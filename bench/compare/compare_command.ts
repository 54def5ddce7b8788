import { type DeviceOptions, findAdapter } from "@videoms/core";
import { type Command, defineCommand, type FlagSpecs, UsageError } from "@videoms/data/console";
import { report } from "../report.ts";
import { EVEN_STRATEGIES } from "../step/even_masking.ts";
import { deviceOptions, listOf, STEP_FLAGS, stepCounts, stepSetting } from "../step/step_flags.ts";
import { findTorch, PYTHONS, type TorchPython } from "./find_torch.ts";
import {
  type Lane,
  lossDifference,
  openLane,
  race,
  type Rival,
  RIVALS,
  rowsOf,
  strategyRatio,
} from "./lanes.ts";

const FLAGS = {
  masking: {
    type: "text",
    value: "names",
    help: `strategies, several with commas: ${EVEN_STRATEGIES.join(", ")} (default both)`,
  },
  against: {
    type: "text",
    value: "names",
    help: `what to compare with, several with commas: ${RIVALS.join(", ")} (default all but ` +
      "ours-f16, torch-tf32 and torch-f16 on a CPU, the latter two without CUDA, and torch-passive on a GPU)",
  },
  python: {
    type: "text",
    value: "program",
    help: `Python with torch (default: ${PYTHONS.join(", ")})`,
  },
  tolerance: {
    type: "number",
    value: "share",
    help: "largest difference of the losses, over the loss, that passes (default 0.001)",
  },
  ...STEP_FLAGS,
} as const satisfies FlagSpecs;

/** The backend that runs, and how to call it. */
async function chooseBackend(
  { backend: wanted = "auto", gpu, adapter: part }: DeviceOptions,
): Promise<{ backend: "webgpu" | "wasm"; name: string; hasHalf: boolean }> {
  if (wanted === "cpu") throw new UsageError("Cannot compare: --backend must be webgpu or wasm");
  const adapter = await findAdapter({ gpu, adapter: part });
  const isGpu = wanted === "webgpu" || (wanted === "auto" && adapter && !adapter.software);
  if (!isGpu) return { backend: "wasm", name: "wasm", hasHalf: false };
  const hasHalf = adapter?.features.includes("shader-f16") ?? false;
  return { backend: "webgpu", name: `webgpu, ${adapter?.name ?? "no adapter"}`, hasHalf };
}

/**
 * The Python to use, or null.
 *
 * @throws {UsageError} if the one that is asked for does not do
 */
async function choosePython(wanted: string | undefined): Promise<TorchPython | null> {
  const torch = await findTorch(wanted === undefined ? PYTHONS : [wanted]);
  if (!torch && wanted !== undefined) {
    throw new UsageError(
      "Cannot compare: --python must import torch and be one that may be started " +
        `(${PYTHONS.join(", ")}; put another one first on the PATH as python3), got "${wanted}"`,
    );
  }
  if (!torch) console.log(`no PyTorch: none of ${PYTHONS.join(", ")} imports torch`);
  return torch;
}

/** Whom to compare with: those that are asked for, else those that say something here. */
function chooseRivals(
  wanted: string | undefined,
  { backend, hasHalf }: { backend: string; hasHalf: boolean },
  torch: TorchPython | null,
): Rival[] {
  const isGpu = backend === "webgpu";
  const saysMore = {
    "ours-f16": hasHalf,
    "torch-passive": !isGpu,
    "torch-tf32": isGpu && torch?.cuda,
    "torch-f16": isGpu && torch?.cuda,
  };
  const rivals = wanted === undefined
    ? RIVALS.filter((name) => !(name in saysMore) || saysMore[name as keyof typeof saysMore])
    : listOf("against", wanted, RIVALS);
  return rivals.filter((name) => !name.startsWith("torch") || torch !== null);
}

/** What was found besides the times; the losses must agree. */
function conclude(lanes: readonly Lane[], warmup: number, tolerance: number): void {
  const ratio = strategyRatio(lanes, warmup);
  if (ratio !== null) {
    const [first, second] = new Set(lanes.map(({ strategy }) => strategy));
    console.log(`${first} / ${second}: ${ratio.toFixed(2)}`);
  }
  for (const { name, strategy, failure } of lanes) {
    if (failure !== null) console.log(`${name}, ${strategy}: ${failure}`);
  }
  const difference = lossDifference(lanes);
  console.log(`largest difference of the losses: ${difference.toExponential(1)} of the loss`);
  if (!(difference <= tolerance)) {
    throw new Error(`The losses differ by more than the tolerance, ${tolerance}`);
  }
}

/** `bench compare`. */
export const compareCommand: Command = defineCommand({
  summary: "the same pre-training steps by us, by stock tfjs and by PyTorch, side by side",
  description: [
    "Each runs in a process of its own and they take steps in turn: the same weights, pixels and tokens, " +
    "so that their losses agree, which is checked. On a CPU PyTorch runs as it comes and with OpenMP threads " +
    "that sleep while they wait (OMP_WAIT_POLICY=PASSIVE), which matters where its BLAS has threads of its " +
    "own. On webgpu it uses CUDA where it has it: in float32, with TF32, and under autocast in half precision, in " +
    "which we run as well. " +
    "A rival that runs out of memory is left out; --masking with one name " +
    "halves what is held at a time.",
  ],
  positionals: [],
  flags: FLAGS,
  examples: [
    "compare --size small --batch 4 --steps 5",
    "compare --size base --batch 2 --against torch --masking motion-centric",
    "compare --backend webgpu --size base --batch 24",
  ],
  async run({ flags, signal }) {
    const { tolerance = 1e-3, python } = flags;
    const { count, warmup } = stepCounts(flags);
    const options = deviceOptions(flags);
    const { blas, gpu, adapter } = options;
    const setting = { ...stepSetting(flags), blas, gpu, adapter };
    const masking = listOf("masking", flags.masking ?? EVEN_STRATEGIES.join(), EVEN_STRATEGIES);
    const { backend, name, hasHalf } = await chooseBackend(options);
    if (flags.against !== undefined) listOf("against", flags.against, RIVALS);
    const needsTorch = flags.against === undefined || flags.against.includes("torch");
    const torch = needsTorch ? await choosePython(python) : null;
    const rivals = chooseRivals(flags.against, { backend, hasHalf }, torch);
    const lanes: Lane[] = [];
    try {
      for (const strategy of masking) {
        for (const own of ["ours" as const, ...rivals]) {
          lanes.push(await openLane(own, { ...setting, strategy, backend }, torch));
        }
      }
      await race(lanes, warmup + count, signal);
      const { size, batch, frames, imageSize } = setting;
      const sizes = `ViT-${size}, batch ${batch}, ${frames} x ${imageSize} x ${imageSize}`;
      const facts = { backend: name, sizes, steps: count, torch: torch?.version ?? "none" };
      await report(rowsOf(lanes, batch, warmup), facts, flags.json);
      conclude(lanes, warmup, tolerance);
    } finally {
      await Promise.all(lanes.map(({ contestant }) => contestant?.end()));
    }
  },
});
