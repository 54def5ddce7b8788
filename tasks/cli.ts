/**
 * The command line of VideoMS: `deno task pretrain`, `finetune`, `evaluate` and every other command. A
 * command is loaded when it is called, so that one which needs neither a device nor ffmpeg starts at once
 * and with no more permissions than `deno.json` gives it.
 *
 * @module
 */

import type { Program } from "@videoms/data/console";
import { runProgram } from "./commands/line/run_program.ts";

const pathRule =
  "Relative paths start at the folder that you are in, those in a task file at the folder of that file. " +
  "runs/… and datasets/… that a command reads or writes by default are in the folder of deno.json.";

/** Every command, in the order of the help. */
export const COMMANDS: Program["commands"] = {
  pretrain: () => import("./commands/pretrain_command.ts"),
  finetune: () => import("./commands/finetune_command.ts"),
  evaluate: () => import("./commands/evaluate_command.ts"),
  predict: () => import("./commands/predict_command.ts"),
  probe: () => import("./commands/probe_command.ts"),
  extract: () => import("./commands/extract_command.ts"),
  ablate: () => import("./commands/ablate_command.ts"),
  report: () => import("./commands/report_command.ts"),
  watch: () => import("./commands/watch_command.ts"),
  data: {
    name: "deno task data",
    summary: "list, index, check and prepare videos, and time how fast they load",
    pathRule,
    commands: {
      list: () => import("./commands/data/list_command.ts"),
      index: () => import("./commands/data/index_command.ts"),
      verify: () => import("./commands/data/verify_command.ts"),
      prepare: () => import("./commands/data/prepare_command.ts"),
      bench: () => import("./commands/data/bench_command.ts"),
    },
  },
  convert: () => import("./commands/convert_command.ts"),
  look: () => import("./commands/look_command.ts"),
  studio: () => import("./commands/studio_command.ts"),
  ship: () => import("./commands/ship_command.ts"),
  publish: () => import("./commands/publish_command.ts"),
  export: () => import("./commands/export_command.ts"),
  verify: () => import("./commands/verify_command.ts"),
  new: () => import("./commands/new_command.ts"),
  plugins: () => import("./commands/plugins_command.ts"),
  fields: () => import("./commands/fields_command.ts"),
  flops: () => import("./commands/flops_command.ts"),
  doctor: () => import("./commands/doctor_command.ts"),
};

if (import.meta.main) {
  await runProgram({
    name: "deno task",
    summary: "VideoMS: masked video modelling with motion-centric tokens.",
    pathRule,
    commands: COMMANDS,
  });
}
