/**
 * The command line for data: `deno task data list`, `index`, `verify`, `prepare`, `bench`.
 *
 * @module
 */

import type { Command } from "./command_line/command.ts";
import { runProgram } from "./command_line/run_program.ts";
import { benchCommand } from "./data/bench/bench_command.ts";
import { indexCommand } from "./data/index/index_command.ts";
import { listCommand } from "./data/list/list_command.ts";
import { prepareCommand } from "./data/prepare/prepare_command.ts";
import { verifyCommand } from "./data/verify/verify_command.ts";

/** Every command. */
export const DATA_COMMANDS: readonly Command[] = [
  listCommand,
  indexCommand,
  verifyCommand,
  prepareCommand,
  benchCommand,
];

if (import.meta.main) {
  await runProgram({
    name: "deno task data",
    summary: "Lists, indexes, checks and prepares videos.",
    commands: DATA_COMMANDS,
  });
}
