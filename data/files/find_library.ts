import { environment } from "./environment.ts";
import { isFileSync } from "./is_file.ts";

const LIBRARY_FOLDERS = [
  "/usr/lib",
  "/usr/lib64",
  "/usr/local/lib",
  "/usr/lib/x86_64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu",
];

/** The linker's cache as text, in which library names are ASCII. */
function linkerCache(): string {
  try {
    return new TextDecoder("latin1").decode(Deno.readFileSync("/etc/ld.so.cache"));
  } catch {
    return ""; // no glibc, or no cache yet
  }
}

/** Whether the Linux dynamic linker finds a library, such as `libvulkan.so.1`. */
export function findLibrary(name: string): boolean {
  return linkerCache().includes(`/${name}\0`) ||
    LIBRARY_FOLDERS.some((folder) => isFileSync(`${folder}/${name}`));
}

const VULKAN_FOLDERS = [
  "/usr/share/vulkan/icd.d",
  "/usr/local/share/vulkan/icd.d",
  "/etc/vulkan/icd.d",
];

/** Whether a Vulkan loader and at least one driver manifest are installed (Linux). */
export function findVulkan(): boolean {
  if (!findLibrary("libvulkan.so.1")) return false;
  const named = environment("VK_DRIVER_FILES") || environment("VK_ICD_FILENAMES");
  if (named) return named.split(":").some(isFileSync);
  return VULKAN_FOLDERS.some((folder) => {
    try {
      return [...Deno.readDirSync(folder)].some(({ name }) => name.endsWith(".json"));
    } catch {
      return false;
    }
  });
}
