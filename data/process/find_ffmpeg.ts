import { findProgram } from "../files/find_program.ts";
import { programVersion } from "./program_version.ts";
import { runProcess } from "./run_process.ts";

/** The programs that read and write videos. */
export interface Ffmpeg {
  /** Program name or path of ffmpeg. */
  ffmpeg: string;
  /** Program name or path of ffprobe. */
  ffprobe: string;
}

/**
 * Finds ffmpeg and ffprobe: from the environment variables `FFMPEG` and `FFPROBE` if set, else on the PATH. They are
 * looked for and not started, which with builds that link hundreds of libraries takes as long as to decode many clips.
 *
 * @throws {Error} if one of them is missing; the message says how to install it
 * @example
 * ```ts
 * import { ffmpegVersion, findFfmpeg } from "@videoms/data";
 *
 * const tools = await findFfmpeg();
 * console.log(tools.ffmpeg, await ffmpegVersion(tools));
 * ```
 */
export async function findFfmpeg(): Promise<Ffmpeg> {
  const ffmpeg = Deno.env.get("FFMPEG") || "ffmpeg";
  const ffprobe = Deno.env.get("FFPROBE") || "ffprobe";
  // Files may be hidden from this process, but not from those it starts.
  const hidden = [ffmpeg, ffprobe].filter((program) => findProgram(program) === null);
  await Promise.all(hidden.map(programVersion));
  return { ffmpeg, ffprobe };
}

/**
 * The version that ffmpeg reports, for example "5.1.9-0+deb12u1".
 *
 * @throws {Error} if it does not run; the message says how to install it
 */
export async function ffmpegVersion({ ffmpeg }: Ffmpeg): Promise<string> {
  return await programVersion(ffmpeg);
}

/**
 * Start-up time of ffmpeg in milliseconds: the median of three runs of `ffmpeg -version`.
 *
 * Builds that link hundreds of shared libraries need 40 ms and more; larger groups of clips, or a static
 * build, then pay off.
 */
export async function ffmpegStartupTime(tools: Ffmpeg): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 3; run++) {
    const start = performance.now();
    await runProcess(tools.ffmpeg, ["-version"], { timeoutMs: 60_000 });
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[1];
}
