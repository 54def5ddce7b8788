import { findAdapter } from "@videoms/core";
import { type Command, defineCommand, type FlagSpecs } from "../../tasks/command_line/command.ts";
import { UsageError } from "../../tasks/command_line/parse_command.ts";
import { median, report, type Row } from "../report.ts";
import { EVEN_STRATEGIES } from "../step/even_masking.ts";
import { listOf, STEP_FLAGS, stepSetting } from "../step/step_flags.ts";
import { type Contestant, startContestant, type StepAnswer } from "./contestant.ts";
import { findTorch, PYTHONS } from "./find_torch.ts";
import type { ServerSetting } from "./step_server.ts";
import { torchSetting } from "./torch_setting.ts";

const AGAINST = ["torch", "torch-tf32", "stock"] as const;

const FLAGS = {
  masking: {
    type: "text",
    value: "names",
    help: "strategies, several with commas: motion-centric, tube (default both)",
  },
  against: {
    type: "text",
    value: "names",
    help: `what to compare with, several with commas: ${AGAINST.join(", ")} (default torch,stock)`,
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

/** Starts our or tfjs's process. */
function startServer(kernels: "ours" | "stock", setting: ServerSetting): Promise<Contestant> {
  const server = new URL("./step_server.ts", import.meta.url).pathname;
  const rights = ["read", "write", "env", "sys", "ffi"].map((name) => `--allow-${name}`);
  return startContestant(kernels, Deno.execPath(), [
    ...["run", "-q", "--no-check", ...rights, server, kernels],
    JSON.stringify(setting),
  ]);
}

async function startTorch(
  setting: ServerSetting,
  python: string | undefined,
  tf32: boolean,
): Promise<Contestant | null> {
  const found = await findTorch(python ? [python] : PYTHONS);
  if (!found) {
    console.log(`no PyTorch: none of ${python ?? PYTHONS.join(", ")} imports torch`);
    return null;
  }
  const script = new URL("../torch_step.py", import.meta.url).pathname;
  const description = JSON.stringify(torchSetting(setting, tf32));
  return await startContestant(tf32 ? "torch-tf32" : "torch", found.program, [script, description]);
}

/** A contestant with its answers. */
interface Lane {
  contestant: Contestant;
  strategy: string;
  answers: StepAnswer[];
}

/** Lets all take steps in turn, so that what else the machine does meets all alike. */
async function race(lanes: readonly Lane[], turns: number, signal: AbortSignal): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    for (const { contestant, answers } of lanes) {
      if (signal.aborted) return;
      answers.push(await contestant.step());
    }
  }
}

function rowsOf(lanes: readonly Lane[], warmup: number): Row[] {
  const timed = lanes.map(({ answers }) => median(answers.slice(warmup).map(({ ms }) => ms)));
  return lanes.map(({ contestant, strategy, answers }, i) => {
    const ours = lanes.findIndex((lane) =>
      lane.contestant.name === "ours" && lane.strategy === strategy
    );
    return {
      masking: strategy,
      what: contestant.name,
      "median ms": timed[i],
      "least ms": Math.min(...answers.slice(warmup).map(({ ms }) => ms)),
      "ours / this": timed[ours] / timed[i],
      "first loss": answers[0].loss,
      "last loss": answers.at(-1)!.loss,
      with: contestant.description,
    };
  });
}

/** How far the losses of a strategy are apart, over ours. */
function lossDifference(lanes: readonly Lane[]): number {
  let worst = 0;
  for (const lane of lanes) {
    const ours = lanes.find(({ contestant, strategy }) =>
      contestant.name === "ours" && strategy === lane.strategy
    )!;
    lane.answers.forEach(({ loss }, i) => {
      worst = Math.max(worst, Math.abs(loss - ours.answers[i].loss) / ours.answers[i].loss);
    });
  }
  return worst;
}

/** `bench compare`. */
export const compareCommand: Command = defineCommand({
  name: "compare",
  summary: "the same pre-training steps by us, by stock tfjs and by PyTorch, side by side",
  description: [
    "Each runs in a process of its own and they take steps in turn: the same weights, pixels and tokens, " +
    "so that their losses agree, which is checked. On webgpu PyTorch uses CUDA where it has it, without " +
    "TF32 unless torch-tf32 is asked for.",
    "The figures of a GPU: bench compare --backend webgpu --size base --batch 24 --against torch,torch-tf32,stock",
  ],
  positionals: [],
  flags: FLAGS,
  examples: [
    "compare --size small --batch 4 --steps 5",
    "compare --size base --batch 2 --against torch --masking motion-centric",
    "compare --backend webgpu --size base --batch 24",
  ],
  async run({ flags, signal }) {
    const setting = stepSetting(flags);
    const { steps = 5, warmup = 1, tolerance = 1e-3, python } = flags;
    const masking = listOf("masking", flags.masking ?? EVEN_STRATEGIES.join(), EVEN_STRATEGIES);
    const against = listOf("against", flags.against ?? "torch,stock", AGAINST);
    const adapter = await findAdapter();
    const wanted = flags.backend ?? "auto";
    if (wanted === "cpu") throw new UsageError("Cannot compare: --backend must be webgpu or wasm");
    const isGpu = wanted === "webgpu" || (wanted === "auto" && adapter && !adapter.software);
    const backend = isGpu ? "webgpu" as const : "wasm" as const;
    if (isGpu) console.log(`adapter: ${adapter?.name}`);
    const lanes: Lane[] = [];
    try {
      for (const strategy of masking) {
        const own: ServerSetting = { ...setting, strategy, backend };
        const add = (contestant: Contestant | null) => {
          if (contestant) lanes.push({ contestant, strategy, answers: [] });
        };
        add(await startServer("ours", own));
        for (const name of against) {
          add(
            name === "stock"
              ? await startServer("stock", own)
              : await startTorch(own, python, name === "torch-tf32"),
          );
        }
      }
      await race(lanes, warmup + steps, signal);
      if (signal.aborted) return;
      await report(rowsOf(lanes, warmup), flags.json);
      const ours = lanes.filter(({ contestant }) => contestant.name === "ours");
      if (ours.length === 2) {
        const [motion, tube] = ours.map(({ answers }) =>
          median(answers.slice(warmup).map(({ ms }) => ms))
        );
        console.log(`${masking[0]} / ${masking[1]}: ${(motion / tube).toFixed(2)}`);
      }
      const difference = lossDifference(lanes);
      console.log(`largest difference of the losses: ${difference.toExponential(1)} of the loss`);
      if (!(difference <= tolerance)) {
        throw new Error("The losses differ by more than the tolerance");
      }
    } finally {
      await Promise.all(lanes.map(({ contestant }) => contestant.end()));
    }
  },
});
