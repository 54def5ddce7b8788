/**
 * The command line of VideoMS: `deno task pretrain`, `finetune`, `evaluate` and every other command. A
 * command is loaded when it is called, so that one which needs neither a device nor ffmpeg starts at once
 * and with no more permissions than `deno.json` gives it.
 *
 * @module
 */

import type { LazyCommand } from "./commands/line/command.ts";
import { runProgram } from "./commands/line/run_program.ts";

/** Every command, in the order of the help. */
export const COMMANDS: readonly LazyCommand[] = [
  {
    name: "pretrain",
    load: async () => (await import("./commands/pretrain_command.ts")).pretrainCommand,
  },
  {
    name: "finetune",
    load: async () => (await import("./commands/finetune_command.ts")).finetuneCommand,
  },
  {
    name: "evaluate",
    load: async () => (await import("./commands/evaluate_command.ts")).evaluateCommand,
  },
  {
    name: "predict",
    load: async () => (await import("./commands/predict_command.ts")).predictCommand,
  },
  { name: "probe", load: async () => (await import("./commands/probe_command.ts")).probeCommand },
  {
    name: "extract",
    load: async () => (await import("./commands/extract_command.ts")).extractCommand,
  },
  {
    name: "ablate",
    load: async () => (await import("./commands/ablate_command.ts")).ablateCommand,
  },
  {
    name: "report",
    load: async () => (await import("./commands/report_command.ts")).reportCommand,
  },
  { name: "watch", load: async () => (await import("./commands/watch_command.ts")).watchCommand },
  {
    name: "data",
    load: async () => (await import("./commands/data/data_commands.ts")).dataCommands,
  },
  {
    name: "convert",
    load: async () => (await import("./commands/convert_command.ts")).convertCommand,
  },
  { name: "look", load: async () => (await import("./commands/look_command.ts")).lookCommand },
  {
    name: "export",
    load: async () => (await import("./commands/export_command.ts")).exportCommand,
  },
  {
    name: "verify",
    load: async () => (await import("./commands/verify_command.ts")).verifyCommand,
  },
  { name: "new", load: async () => (await import("./commands/new_command.ts")).newCommand },
  {
    name: "plugins",
    load: async () => (await import("./commands/plugins_command.ts")).pluginsCommand,
  },
  {
    name: "fields",
    load: async () => (await import("./commands/fields_command.ts")).fieldsCommand,
  },
  { name: "flops", load: async () => (await import("./commands/flops_command.ts")).flopsCommand },
  {
    name: "doctor",
    load: async () => (await import("./commands/doctor_command.ts")).doctorCommand,
  },
];

if (import.meta.main) {
  await runProgram({
    name: "deno task",
    summary: "VideoMS: masked video modelling with motion-centric tokens.",
    commands: COMMANDS,
  });
}
