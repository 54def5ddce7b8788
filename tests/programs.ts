/** The right to start ffmpeg and ffprobe, wherever they are, as commands have it. */
export const PROGRAMS: string = `--allow-run=${Deno.env.get("FFMPEG") || "ffmpeg"},${
  Deno.env.get("FFPROBE") || "ffprobe"
}`;
