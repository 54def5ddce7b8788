/**
 * Prints the programs that a task may start, separated by commas, for `--allow-run`: ffmpeg and
 * ffprobe, or what FFMPEG and FFPROBE name. With `--deno` also this Deno itself, for tests and checks;
 * it need not be on the PATH. A run gets no such right: a Deno could start anything. With `--browser`
 * also Chromium, MPI's launchers, Debian's Python, which runs the notebook, and an ffmpeg that starts quickly, where they
 * are there, for tests; with `--mpi` the launchers alone. With `--opener` nothing but what opens an address in the user's browser. With `--driver`
 * also what starts tests on a software driver.
 *
 * @module
 */

import { findProgram, pathProblem } from "../data/files/find_program.ts";
import { quickFfmpeg } from "./quick_ffmpeg.ts";
import { driverProgram } from "./software_driver.ts";

/** What a variable names, or the usual name where that cannot be allowed; a task that needs it then says so. */
function program(name: string, variable: string): string {
  return pathProblem(variable) === null ? Deno.env.get(variable) || name : name;
}

/** What opens an address in the user's browser; a name that is not there stands for none. */
function openers(): string[] {
  const found = ["xdg-open", "open", "explorer"].flatMap((name) => findProgram(name) ?? []);
  return found.length > 0 ? found : ["/none"];
}

if (Deno.args.includes("--opener")) {
  console.log(openers().join(","));
  Deno.exit();
}

const programs = [program("ffmpeg", "FFMPEG"), program("ffprobe", "FFPROBE")];
if (Deno.args.includes("--deno")) programs.push(Deno.execPath());
const launchers = ["mpirun", "mpirun.mpich", "mpirun.openmpi"];
const more = Deno.args.includes("--browser")
  ? ["chromium", "/usr/bin/python3", ...launchers]
  : Deno.args.includes("--mpi")
  ? launchers
  : [];
programs.push(...more.flatMap((name) => findProgram(name) ?? []));
const quick = Deno.args.includes("--browser") ? quickFfmpeg() : null;
if (quick) programs.push(quick);
const driver = Deno.args.includes("--driver") ? driverProgram() : null;
if (driver) programs.push(driver);
console.log(programs.join(","));
