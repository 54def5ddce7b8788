/**
 * Prints the programs that tasks may start, separated by commas, for `--allow-run`: ffmpeg and
 * ffprobe (or what FFMPEG and FFPROBE name), and this Deno itself, which need not be on the PATH.
 *
 * @module
 */

const named = [Deno.env.get("FFMPEG") || "ffmpeg", Deno.env.get("FFPROBE") || "ffprobe"];
console.log([...named, Deno.execPath()].join(","));
