import { findProgram } from "@videoms/data/files";
import type { Need } from "./requirements.ts";

/** Package managers whose packages are known here. */
export type PackageManager =
  | "apt-get"
  | "brew"
  | "dnf"
  | "pacman"
  | "zypper"
  | "apk"
  | "winget";

/** What decides how something is installed. */
export interface Machine {
  /** The package manager, or null on a system that is not known. */
  readonly manager: PackageManager | null;
  /** Whether this process is the superuser. */
  readonly root: boolean;
  /** Whether sudo works without asking for a password. */
  readonly sudo: boolean;
}

/** How missing pieces are installed. */
export interface InstallPlan {
  /** Command that a person runs, for the shell. Null if no package of this system is known. */
  readonly advice: string | null;
  /** The same as an argument vector that needs no person; null where a person is needed. */
  readonly command: readonly string[] | null;
}

/** Packages by manager; what is missing here has to be found by the user. */
const PACKAGES: Readonly<Record<PackageManager, Partial<Record<Need, readonly string[]>>>> = {
  "apt-get": {
    ffmpeg: ["ffmpeg"],
    blas: ["libopenblas0-pthread"],
    vulkan: ["mesa-vulkan-drivers", "libvulkan1"],
    chromium: ["chromium"],
  },
  "brew": { ffmpeg: ["ffmpeg"] },
  "dnf": {
    ffmpeg: ["ffmpeg-free"],
    blas: ["openblas"],
    vulkan: ["mesa-vulkan-drivers", "vulkan-loader"],
    chromium: ["chromium"],
  },
  "pacman": {
    ffmpeg: ["ffmpeg"],
    blas: ["openblas"],
    vulkan: ["vulkan-swrast", "vulkan-icd-loader"],
    chromium: ["chromium"],
  },
  "zypper": {
    ffmpeg: ["ffmpeg"],
    blas: ["libopenblas_pthreads0"],
    vulkan: ["Mesa-vulkan-device-select", "libvulkan1"],
    chromium: ["chromium"],
  },
  "apk": {
    ffmpeg: ["ffmpeg"],
    blas: ["openblas"],
    vulkan: ["mesa-vulkan-swrast", "vulkan-loader"],
    chromium: ["chromium"],
  },
  "winget": { ffmpeg: ["Gyan.FFmpeg"] },
};

const APT_OPTIONS = ["-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120"];

/** Command line for a person, without the word sudo. */
function commandLine(manager: PackageManager, packages: readonly string[]): string {
  const names = packages.join(" ");
  switch (manager) {
    case "apt-get":
      return `apt-get update && apt-get install -y --no-install-recommends ${names}`;
    case "pacman":
      return `pacman -S --noconfirm ${names}`;
    case "apk":
      return `apk add ${names}`;
    case "brew":
    case "winget":
      return `${manager} install ${names}`;
    default:
      return `${manager} install -y ${names}`;
  }
}

/** The line as a person would type it; the superuser needs no sudo, Homebrew refuses it. */
function advice(machine: Machine, packages: readonly string[]): string | null {
  const { manager, root } = machine;
  if (!manager || packages.length === 0) return null;
  const line = commandLine(manager, packages);
  if (root || manager === "brew" || manager === "winget") return line;
  return line.split(" && ").map((part) => `sudo ${part}`).join(" && ");
}

/** Whether and how this program may install by itself: apt-get as superuser, brew as anyone. */
function command(machine: Machine, packages: readonly string[]): string[] | null {
  const { manager, root, sudo } = machine;
  if (packages.length === 0) return null;
  if (manager === "brew" && !root) return ["brew", "install", ...packages];
  if (manager !== "apt-get" || !(root || sudo)) return null;
  const install = ["apt-get", "install", ...APT_OPTIONS, ...packages];
  return root ? install : asSuperuser(install);
}

/** An apt-get command through sudo that never asks. */
export function asSuperuser(command: readonly string[]): string[] {
  return ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive", ...command];
}

/**
 * How to install what is missing on a machine. A pure function.
 *
 * @param needs what is missing
 */
export function installPlan(needs: readonly Need[], machine: Machine): InstallPlan {
  const known = machine.manager ? PACKAGES[machine.manager] : {};
  const packages = needs.flatMap((need) => known[need] ?? []);
  return { advice: advice(machine, packages), command: command(machine, packages) };
}

const MANAGERS: Partial<Record<typeof Deno.build.os, readonly PackageManager[]>> = {
  linux: ["apt-get", "dnf", "pacman", "zypper", "apk"],
  darwin: ["brew"],
  windows: ["winget"],
};

/** The package manager of this machine, or null. */
export function findManager(): PackageManager | null {
  return MANAGERS[Deno.build.os]?.find((name) => findProgram(name) !== null) ?? null;
}

/** Whether this process is the superuser; false where it may not be asked or means nothing. */
export function isRoot(): boolean {
  try {
    return Deno.uid() === 0;
  } catch {
    return false;
  }
}
