/**
 * The command line as a rank of a test, alive as long as its file in the folder RANK_FILES is locked. Once the log
 * that RANK_LOG names has some steps, rank 1 kills itself.
 */
import { currentLaunch } from "@videoms/core";
import { COMMANDS } from "../../tasks/cli.ts";
import { runProgram } from "../../tasks/commands/line/run_program.ts";
import { lockRankFile } from "../mpi.ts";

/** Lines about steps, from which on it is killed. */
const LINES = 9;

async function killInTime(log: string): Promise<void> {
  for (;;) {
    const text = await Deno.readTextFile(log).catch(() => "");
    if (text.split('"event":"step"').length > LINES) Deno.kill(Deno.pid, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

using _lock = await lockRankFile();
const log = Deno.env.get("RANK_LOG");
if (log && currentLaunch()?.rank === 1) killInTime(log);
await runProgram({ name: "deno task", summary: "", commands: COMMANDS });
