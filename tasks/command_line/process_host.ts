import type { CommandLineHost } from "./run_command_line.ts";
import { environment } from "./environment.ts";
import { ExitCode } from "./run_command_line.ts";
import { userFolder } from "./user_paths.ts";

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
}

/**
 * The process as the host of a command line. The first interrupt (Ctrl-C, or SIGTERM where there is one)
 * aborts the signal, so that a run can save; the second one ends the process at once.
 *
 * Set `VIDEOMS_DEBUG=1` for the stacks of errors.
 */
export function processHost(): CommandLineHost {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) Deno.exit(ExitCode.interrupted);
    controller.abort(new DOMException("Interrupted", "AbortError"));
  };
  Deno.addSignalListener("SIGINT", interrupt);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", interrupt);
  return {
    print: (text) => writeAll(Deno.stdout, text),
    printError: (text) => writeAll(Deno.stderr, text),
    folder: userFolder(),
    debug: environment("VIDEOMS_DEBUG") === "1",
    signal: controller.signal,
  };
}
