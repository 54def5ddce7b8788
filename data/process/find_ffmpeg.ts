import { findProgram } from "../files/find_program.ts";
import { runProcess } from "./run_process.ts";

/** The programs that read and write videos. */
export interface Ffmpeg {
  /** Program name or path of ffmpeg. */
  ffmpeg: string;
  /** Program name or path of ffprobe. */
  ffprobe: string;
  /** Version that ffmpeg reports, for example "5.1.9-0+deb12u1". */
  version: string;
}

const INSTALL: Readonly<Record<string, string>> = {
  linux: "sudo apt install ffmpeg (or your distribution's package manager)",
  darwin: "brew install ffmpeg",
  windows: "winget install ffmpeg",
};

/**
 * Finds ffmpeg and ffprobe: from the environment variables `FFMPEG` and `FFPROBE` if set, else on the PATH.
 * ffmpeg's version is cached. ffprobe is looked for and not started, which would take as long as to decode many clips.
 *
 * @throws {Error} if one of them is missing or ffmpeg does not run; the message says how to install it
 * @example
 * ```ts
 * import { findFfmpeg } from "@videoms/data";
 *
 * const { ffmpeg, version } = await findFfmpeg();
 * console.log(ffmpeg, version);
 * ```
 */
export async function findFfmpeg(): Promise<Ffmpeg> {
  const ffmpeg = Deno.env.get("FFMPEG") || "ffmpeg";
  const ffprobe = Deno.env.get("FFPROBE") || "ffprobe";
  const [version] = await Promise.all([
    programVersion(ffmpeg, "FFMPEG"),
    findProgram(ffprobe) ?? checkFfprobe(ffprobe), // files may be hidden from this process
  ]);
  return { ffmpeg, ffprobe, version };
}

/**
 * Checks that ffprobe runs, once in a process: what a program says that does not start is nothing about a file.
 *
 * @param ffprobe its name or path
 * @throws {Error} if it is missing or does not run; the message says how to install it
 */
export async function checkFfprobe(ffprobe: string): Promise<void> {
  await programVersion(ffprobe, "FFPROBE");
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

/** Versions of programs that have run, by name: builds that link hundreds of libraries start slowly. */
const versions = new Map<string, string>();

async function programVersion(program: string, variable: string): Promise<string> {
  const known = versions.get(program);
  if (known !== undefined) return known;
  const hint = program.includes(",")
    ? `Deno's --allow-run splits at commas: set ${variable} to a link without one`
    : `install it with: ${INSTALL[Deno.build.os] ?? INSTALL.linux}, ` +
      `or set the environment variable ${variable} to its path`;
  try {
    const { code, output, timedOut } = await runProcess(program, ["-version"], {
      timeoutMs: 60_000,
      keepOutput: true,
    });
    const version = /version (\S+)/.exec(output)?.[1];
    if (timedOut) throw new Error("it did not answer within a minute");
    if (code !== 0 || !version) throw new Error(`it ended with code ${code}`);
    versions.set(program, version);
    return version;
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "there is no such program" : String(error);
    throw new Error(`Cannot run ${program}: it must be installed and start, got: ${why}; ${hint}`, {
      cause: error,
    });
  }
}
