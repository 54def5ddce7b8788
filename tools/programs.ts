/**
 * Prints the programs that a task may start, separated by commas, for `--allow-run`: ffmpeg and
 * ffprobe, or what FFMPEG and FFPROBE name. With `--deno` also this Deno itself, for tests and checks;
 * it need not be on the PATH. A run gets no such right: a Deno could start anything. With `--browser`
 * also Chromium where it is there, for tests.
 *
 * @module
 */

import { findProgram } from "../tasks/doctor/find_program.ts";

const programs = [Deno.env.get("FFMPEG") || "ffmpeg", Deno.env.get("FFPROBE") || "ffprobe"];
if (Deno.args.includes("--deno")) programs.push(Deno.execPath());
const chromium = Deno.args.includes("--browser") ? findProgram("chromium") : null;
if (chromium) programs.push(chromium);
console.log(programs.join(","));
