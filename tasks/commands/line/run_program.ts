import { environment, guardConsole } from "@videoms/data/files";
import { listenForStop, type Program, standardOutput, userFolder } from "@videoms/data/console";
import { membership, outputOfRank } from "./on_ranks.ts";
import { runCommandLine } from "./run_command_line.ts";

/** Mesa's Vulkan drivers complain on every start where this is not set, as in containers. */
function quietVulkan(): void {
  if (Deno.build.os !== "linux") return;
  try {
    if (!Deno.env.get("XDG_RUNTIME_DIR")) Deno.env.set("XDG_RUNTIME_DIR", "/tmp");
  } catch {
    // No permission: what needs the environment says so itself.
  }
}

/**
 * Runs the process as a program with commands, and ends it. Signals stop it; `VIDEOMS_DEBUG=1` shows the stacks of
 * errors.
 */
export async function runProgram(program: Program): Promise<never> {
  quietVulkan();
  const output = standardOutput();
  guardConsole(output.reportFailure);
  const code = await runCommandLine(program, Deno.args, {
    output,
    folder: userFolder(),
    debug: environment("VIDEOMS_DEBUG") === "1",
    signal: listenForStop(outputOfRank(output)),
  });
  output.end();
  await membership.end(code);
  // tfjs and WebGPU leave timers and devices behind that would keep the process alive.
  Deno.exit(code);
}
