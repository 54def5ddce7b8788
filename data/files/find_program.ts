import { environment } from "./environment.ts";
import { isFileSync } from "./is_file.ts";

/**
 * Path of a program, by looking at files only, as no process is started: what the given environment variable names, else the first file of this name on
 * the PATH.
 *
 * @param variable environment variable that may name another program or path, such as `FFMPEG`
 * @returns null if there is none
 */
export function findProgram(name: string, variable?: string): string | null {
  const wanted = (variable && environment(variable)) || name;
  if (/[\\/]/.test(wanted)) return isFileSync(wanted) ? wanted : null;
  const windows = Deno.build.os === "windows";
  const folders = (environment("PATH") ?? "").split(windows ? ";" : ":").filter((folder) =>
    folder !== ""
  );
  const file = windows && !wanted.endsWith(".exe") ? `${wanted}.exe` : wanted;
  return folders.map((folder) => `${folder}/${file}`).find(isFileSync) ?? null;
}

/**
 * Why the program that an environment variable names cannot be allowed to start, for people; null if it can,
 * or none is named. Blanks do no harm, but Deno has no way to write a comma in `--allow-run`.
 *
 * @param variable `FFMPEG` or `FFPROBE`
 */
export function pathProblem(variable: string): string | null {
  const path = environment(variable);
  if (!path?.includes(",")) return null;
  return `${variable} must be a path without commas, since --allow-run takes them for the end of a program, ` +
    `got "${path}"; name a link to it that has none`;
}
