/**
 * The command line for reports: `deno task report`, `watch`. A program of its own, since neither needs
 * a device, ffmpeg or the rights that go with them.
 *
 * @module
 */

import { runProgram } from "./command_line/run_program.ts";
import { reportCommand } from "./report/report_command.ts";
import { watchCommand } from "./watch/watch_command.ts";

if (import.meta.main) {
  await runProgram({
    name: "deno task",
    summary: "Reports on runs and ablations.",
    commands: [reportCommand, watchCommand],
  });
}
