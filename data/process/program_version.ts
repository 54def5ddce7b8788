import { basename } from "node:path";
import { runProcess } from "./run_process.ts";

const INSTALL: Readonly<Record<string, string>> = {
  linux: "sudo apt install ffmpeg (or your distribution's package manager)",
  darwin: "brew install ffmpeg",
  windows: "winget install ffmpeg",
};

/** Versions of programs, by name; promises, so that calls side by side start a program once. */
const versions = new Map<string, Promise<string>>();

/**
 * The version that ffmpeg or ffprobe reports; it is started once per process.
 *
 * @throws {Error} if it is missing or does not run; the message says how to install it
 */
export function programVersion(program: string): Promise<string> {
  const known = versions.get(program) ?? askVersion(program);
  versions.set(program, known);
  return known;
}

async function askVersion(program: string): Promise<string> {
  try {
    const { code, output, timedOut } = await runProcess(program, ["-version"], {
      timeoutMs: 60_000,
      keepOutput: true,
    });
    const version = /version (\S+)/.exec(output)?.[1];
    if (timedOut) throw new Error("it did not answer within a minute");
    if (code !== 0 || !version) throw new Error(`it ended with code ${code}`);
    return version;
  } catch (error) {
    versions.delete(program); // it may be installed meanwhile
    const why = error instanceof Deno.errors.NotFound ? "there is no such program" : String(error);
    throw new Error(
      `Cannot run ${program}: it must be installed and start, got: ${why}; ${advice(program)}`,
      { cause: error },
    );
  }
}

function advice(program: string): string {
  const probes = program === Deno.env.get("FFPROBE") || /ffprobe/i.test(basename(program));
  const variable = probes ? "FFPROBE" : "FFMPEG";
  if (program.includes(",")) {
    return `Deno's --allow-run splits at commas: set ${variable} to a link without one`;
  }
  return `install it with: ${INSTALL[Deno.build.os] ?? INSTALL.linux}, ` +
    `or set the environment variable ${variable} to its path`;
}
