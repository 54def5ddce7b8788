/**
 * The command line of VideoMS: `deno task pretrain`, `finetune`, `evaluate`, `predict`, `probe`, `extract`,
 * `ablate`, `convert`, `look`, `export`, `verify`, `new`, `flops`, `doctor`.
 *
 * @module
 */

import { BACKENDS } from "@videoms/core";
import { ablateCommand } from "./ablate/ablate_command.ts";
import { type Command, defineCommand } from "./command_line/command.ts";
import { runProgram } from "./command_line/run_program.ts";
import { PRECISION_FLAG } from "./command_line/run_flags.ts";
import { convertCommand } from "./convert/convert_command.ts";
import { doctor } from "./doctor/doctor.ts";
import { evaluateCommand } from "./evaluate/evaluate_command.ts";
import { extractCommand } from "./features/extract_command.ts";
import { newCommand } from "./new/new_command.ts";
import { exportCommand } from "./log_export/export_command.ts";
import { lookCommand } from "./look/look_command.ts";
import { finetuneCommand } from "./finetune/finetune_command.ts";
import { flopsCommand } from "./flops/flops_command.ts";
import { predictCommand } from "./predict/predict_command.ts";
import { pluginsCommand } from "./plugins/plugins_command.ts";
import { pretrainCommand } from "./pretrain/pretrain_command.ts";
import { probeCommand } from "./probe/probe_command.ts";
import { verify, type VerifyOptions } from "./verify/verify.ts";

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
      type: "path",
      value: "folder",
      help: "folder of recorded cases, *.safetensors (default: those in tests/golden)",
    },
    backend: { type: "text", choices: BACKENDS, help: "what to verify (default auto)" },
    ...PRECISION_FLAG,
    blas: {
      type: "text",
      choices: ["auto", "none"],
      help: "BLAS of the CPU engine (default auto)",
    },
  },
  examples: [
    "verify",
    "verify --backend webgpu --precision f16",
    "verify --backend wasm --blas none",
  ],
  async run({ flags: { cases, backend, precision, blas }, signal, output }) {
    const device = { backend, precision, blas } as Omit<VerifyOptions, "cases" | "signal">;
    if (await verify(output, { cases, signal, ...device }) !== 0) {
      throw new Error("This device does not reproduce the recorded numbers");
    }
  },
});

const doctorCommand = defineCommand({
  name: "doctor",
  summary: "what was found on this machine, and what each missing piece costs",
  positionals: [],
  flags: { json: { type: "boolean", help: "print JSON" } },
  examples: ["doctor", "doctor --json"],
  async run({ flags: { json }, output }) {
    if (await doctor(output, { json }) !== 0) throw new Error("This machine cannot read videos");
  },
});

/** Every command. */
export const COMMANDS: readonly Command[] = [
  pretrainCommand,
  finetuneCommand,
  evaluateCommand,
  predictCommand,
  probeCommand,
  extractCommand,
  ablateCommand,
  convertCommand,
  lookCommand,
  exportCommand,
  verifyCommand,
  newCommand,
  pluginsCommand,
  flopsCommand,
  doctorCommand,
];

if (import.meta.main) {
  await runProgram({
    name: "deno task",
    summary: "VideoMS: masked video modelling with motion-centric tokens.",
    commands: COMMANDS,
  });
}
