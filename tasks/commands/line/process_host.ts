import { standardOutput } from "../../output/standard_output.ts";
import type { CommandLineHost } from "./run_command_line.ts";
import { environment } from "@videoms/data/files";
import { listenForStop } from "./stop_signals.ts";
import { userFolder } from "./user_paths.ts";

/**
 * The process as the host of a command line: its standard streams, and the signals that stop it.
 *
 * Set `VIDEOMS_DEBUG=1` for the stacks of errors.
 */
export function processHost(): CommandLineHost {
  const output = standardOutput();
  const signal = listenForStop(output);
  const debug = environment("VIDEOMS_DEBUG") === "1";
  return { output, folder: userFolder(), debug, signal };
}
