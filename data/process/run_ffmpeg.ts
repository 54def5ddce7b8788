import { programVersion } from "./program_version.ts";
import { type ProcessOptions, type ProcessResult, runProcess } from "./run_process.ts";

/**
 * Runs ffmpeg or ffprobe as {@linkcode runProcess} does. If it fails, its version is asked for, once per process: what
 * a program says that does not even start is nothing about a file.
 *
 * @throws {Error} if the program is missing or does not run; the message says how to install it
 * @throws the signal's reason, or what `writeInput` throws
 */
export async function runFfmpeg(
  program: string,
  args: readonly string[],
  options: ProcessOptions,
): Promise<ProcessResult> {
  try {
    const result = await runProcess(program, args, options);
    if (result.code !== 0 && !result.timedOut) await programVersion(program);
    return result;
  } catch (error) {
    if (!options.signal?.aborted) await programVersion(program);
    throw error;
  }
}
