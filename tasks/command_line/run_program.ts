import { processHost } from "./process_host.ts";
import { ExitCode, type Program, runCommandLine } from "./run_command_line.ts";

/** Mesa's Vulkan drivers complain on every start where this is not set, as in containers. */
function quietVulkan(): void {
  if (Deno.build.os !== "linux" || Deno.env.get("XDG_RUNTIME_DIR")) return;
  Deno.env.set("XDG_RUNTIME_DIR", "/tmp");
}

/** Runs the process as a program with commands, and ends it. */
export async function runProgram(program: Program): Promise<never> {
  quietVulkan();
  const code = await runCommandLine(program, Deno.args, processHost());
  // tfjs and WebGPU leave timers and devices behind that would keep the process alive.
  Deno.exit(code ?? ExitCode.ok);
}
