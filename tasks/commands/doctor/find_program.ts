/**
 * Finds programs and libraries by looking at files only: no process is started, so that the set-up
 * takes no time when everything is there.
 *
 * @module
 */

import { environment } from "@videoms/data/files";

/** Whether a file is there and can be looked at. */
function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/**
 * Path of a program: what the given environment variable names, else the first file of this name on
 * the PATH.
 *
 * @param variable environment variable that may name another program or path, such as `FFMPEG`
 * @returns null if there is none
 */
export function findProgram(name: string, variable?: string): string | null {
  const wanted = (variable && environment(variable)) || name;
  if (/[\\/]/.test(wanted)) return isFile(wanted) ? wanted : null;
  const windows = Deno.build.os === "windows";
  const folders = (environment("PATH") ?? "").split(windows ? ";" : ":").filter((folder) =>
    folder !== ""
  );
  const file = windows && !wanted.endsWith(".exe") ? `${wanted}.exe` : wanted;
  return folders.map((folder) => `${folder}/${file}`).find(isFile) ?? null;
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

const LIBRARY_FOLDERS = [
  "/usr/lib",
  "/usr/lib64",
  "/usr/local/lib",
  "/usr/lib/x86_64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu",
];

/** The linker's cache as text; names of libraries are plain ASCII in it. */
function linkerCache(): string {
  try {
    return new TextDecoder("latin1").decode(Deno.readFileSync("/etc/ld.so.cache"));
  } catch {
    return ""; // no glibc, or no cache yet
  }
}

/** Whether the dynamic linker of Linux would find a library, such as `libvulkan.so.1`. */
export function findLibrary(name: string): boolean {
  return linkerCache().includes(`/${name}\0`) ||
    LIBRARY_FOLDERS.some((folder) => isFile(`${folder}/${name}`));
}

const VULKAN_FOLDERS = [
  "/usr/share/vulkan/icd.d",
  "/usr/local/share/vulkan/icd.d",
  "/etc/vulkan/icd.d",
];

/** Whether a Vulkan loader and at least one driver's description are there (Linux). */
export function findVulkan(): boolean {
  if (!findLibrary("libvulkan.so.1")) return false;
  const named = environment("VK_DRIVER_FILES") || environment("VK_ICD_FILENAMES");
  if (named) return named.split(":").some(isFile);
  return VULKAN_FOLDERS.some((folder) => {
    try {
      return [...Deno.readDirSync(folder)].some(({ name }) => name.endsWith(".json"));
    } catch {
      return false;
    }
  });
}
