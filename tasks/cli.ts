/**
 * The command line of VideoMS: `deno task pretrain`, `verify`, `flops`, `doctor`.
 *
 * @module
 */

import { BACKENDS, type Registry } from "@videoms/core";
import type { MaskingStrategy } from "@videoms/masking";
import { type Command, defineCommand, type FlagValues } from "./command_line/command.ts";
import { loadRegistry } from "./command_line/plugins.ts";
import { PRETRAIN_FLAGS, pretrainOverrides } from "./command_line/pretrain_flags.ts";
import { processHost } from "./command_line/process_host.ts";
import { ExitCode, runCommandLine } from "./command_line/run_command_line.ts";
import { doctor } from "./doctor/doctor.ts";
import { printFlops } from "./flops/flops.ts";
import { describeRun } from "./pretrain/dry_run.ts";
import { pretrain } from "./pretrain/pretrain.ts";
import { checkTask } from "./pretrain/pretrain_session.ts";
import { applyOverrides } from "./task/apply_overrides.ts";
import { loadTask } from "./task/load_task.ts";
import type { PretrainTask } from "./task/pretrain_task.ts";
import { verify } from "./verify/verify.ts";

const TASK_FILE = {
  name: "task file",
  optional: true,
} as const;

/** A shipped task file. */
function shipped(path: string): string {
  return new URL(path, import.meta.url).href;
}

/** The task of a command line, with what its flags set. */
async function taskOf(
  file: string,
  flags: FlagValues<typeof PRETRAIN_FLAGS>,
): Promise<{ task: PretrainTask; registry: Registry }> {
  const registry = await loadRegistry(flags.plugin);
  const task = applyOverrides(await loadTask(file), pretrainOverrides(flags), registry);
  return { task, registry };
}

const pretrainCommand = defineCommand({
  name: "pretrain",
  summary: "pre-train a masked autoencoder on videos",
  description: [
    "Trains as a task file says and writes a run folder: the resolved task, log.jsonl, checkpoints " +
    "and pictures. A run that was stopped (Ctrl-C) or killed goes on from its last checkpoint when it " +
    "is started again.",
    "Without a task file, a small network learns moving shapes that are rendered on the spot.",
  ],
  positionals: [{
    ...TASK_FILE,
    help: "module that exports a task (default: tasks/shapes/pretrain.ts)",
  }],
  flags: PRETRAIN_FLAGS,
  examples: [
    "pretrain",
    "pretrain tasks/ucf101/pretrain.ts --annotations train.csv --set model.size=tiny --batch 4",
    "pretrain --masking tube --set masking.maskRatio=0.9 --out runs/tube",
  ],
  async run({ flags, positionals: [file = shipped("shapes/pretrain.ts")], signal }) {
    const { task, registry } = await taskOf(file, flags);
    if (flags["dry-run"]) {
      console.log(await describeRun(task, registry));
      return;
    }
    const result = await pretrain(task, registry, { fresh: flags.fresh, signal });
    if (result.stopped) {
      console.error(
        `Stopped after step ${result.steps}; the same command goes on from the checkpoint in ${result.folder}`,
      );
    }
  },
});

const verifyCommand = defineCommand({
  name: "verify",
  summary: "compare this device with recorded numbers of the PyTorch implementation",
  description: [
    "Runs recorded cases (weights, clips, random draws) and prints, per case and quantity, the worst " +
    "error beside its tolerance. The exit code is 1 if anything is outside.",
  ],
  positionals: [],
  flags: {
    cases: {
      type: "text",
      value: "folder",
      help: "folder of recorded cases, *.safetensors (default: those in tests/golden)",
    },
    backend: { type: "text", choices: BACKENDS, help: "what to verify (default auto)" },
  },
  examples: ["verify", "verify --backend webgpu"],
  async run({ flags: { cases, backend } }) {
    if (await verify({ cases, backend: backend as typeof BACKENDS[number] }) !== 0) {
      throw new Error("This device does not reproduce the recorded numbers");
    }
  },
});

const flopsCommand = defineCommand({
  name: "flops",
  summary: "parameters and multiply-accumulates of a task's networks, by part",
  positionals: [{
    ...TASK_FILE,
    help: "module that exports a task (default: tasks/ucf101/pretrain.ts)",
  }],
  flags: PRETRAIN_FLAGS,
  examples: ["flops", "flops --set model.size=large"],
  async run({ flags, positionals: [file = shipped("ucf101/pretrain.ts")] }) {
    const { task, registry } = await taskOf(file, flags);
    checkTask(task, registry);
    printFlops(task, registry.create<MaskingStrategy>(task.masking));
  },
});

const doctorCommand = defineCommand({
  name: "doctor",
  summary: "what was found on this machine, and what each missing piece costs",
  positionals: [],
  flags: { json: { type: "boolean", help: "print JSON" } },
  examples: ["doctor", "doctor --json"],
  async run({ flags: { json } }) {
    if (await doctor({ json }) !== 0) throw new Error("This machine cannot read videos");
  },
});

/** Every command. */
export const COMMANDS: readonly Command[] = [
  pretrainCommand,
  verifyCommand,
  flopsCommand,
  doctorCommand,
];

/** Mesa's Vulkan drivers complain on every start where this is not set, as in containers. */
function quietVulkan(): void {
  if (Deno.build.os !== "linux" || Deno.env.get("XDG_RUNTIME_DIR")) return;
  Deno.env.set("XDG_RUNTIME_DIR", "/tmp");
}

if (import.meta.main) {
  quietVulkan();
  const host = processHost();
  const program = {
    name: "deno task",
    summary: "VideoMS: masked video modelling with motion-centric tokens.",
    commands: COMMANDS,
  };
  const code = await runCommandLine(program, Deno.args, host);
  // tfjs and WebGPU leave timers and devices behind that would keep the process alive.
  Deno.exit(code ?? ExitCode.ok);
}
