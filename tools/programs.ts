/**
 * Prints the programs that a task may start, separated by commas, for `--allow-run`: ffmpeg and
 * ffprobe, or what FFMPEG and FFPROBE name. With `--deno` also this Deno itself, for tests and checks;
 * it need not be on the PATH. A run gets no such right: a Deno could start anything.
 *
 * @module
 */

const programs = [Deno.env.get("FFMPEG") || "ffmpeg", Deno.env.get("FFPROBE") || "ffprobe"];
if (Deno.args.includes("--deno")) programs.push(Deno.execPath());
console.log(programs.join(","));
