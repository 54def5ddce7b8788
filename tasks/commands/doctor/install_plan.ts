import { findProgram } from "@videoms/data/files";
import type { Need } from "./requirements.ts";

/** Package managers that the set-up can run; elsewhere people are shown a link. */
export type PackageManager = "apt-get" | "brew";

/** What decides how something is installed. */
export interface Machine {
  /** The package manager, or null if there is none that is known. */
  readonly manager: PackageManager | null;
  readonly root: boolean;
  /** Whether sudo works without asking for a password. */
  readonly sudo: boolean;
}

export interface InstallPlan {
  /** Command that a person runs, for the shell. Null if no package of this system is known. */
  readonly advice: string | null;
  /** The same as an argument vector that needs no person; null where a person is needed. */
  readonly command: readonly string[] | null;
}

const PACKAGES: Readonly<Record<PackageManager, Partial<Record<Need, readonly string[]>>>> = {
  "apt-get": {
    ffmpeg: ["ffmpeg"],
    blas: ["libopenblas0-pthread"],
    vulkan: ["mesa-vulkan-drivers", "libvulkan1"],
    chromium: ["chromium"],
  },
  "brew": { ffmpeg: ["ffmpeg"] },
};

const APT_OPTIONS = ["-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120"];

/** An apt-get command through sudo that never asks. */
export function asSuperuser(command: readonly string[]): string[] {
  return ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive", ...command];
}

/**
 * How to install what is missing on a machine: with apt-get as the superuser, with Homebrew, which refuses the
 * superuser, as anyone else. A pure function.
 */
export function installPlan(
  needs: readonly Need[],
  { manager, root, sudo }: Machine,
): InstallPlan {
  const packages = needs.flatMap((need) => manager ? PACKAGES[manager][need] ?? [] : []);
  if (packages.length === 0) return { advice: null, command: null };
  if (manager === "brew") {
    const command = ["brew", "install", ...packages];
    return { advice: command.join(" "), command: root ? null : command };
  }
  const prefix = root ? "" : "sudo ";
  const names = packages.join(" ");
  const install = ["apt-get", "install", ...APT_OPTIONS, ...packages];
  return {
    advice: `${prefix}apt-get update && ` +
      `${prefix}apt-get install -y --no-install-recommends ${names}`,
    command: root ? install : sudo ? asSuperuser(install) : null,
  };
}

/** The package manager of this machine, or null. */
export function findManager(): PackageManager | null {
  const manager = Deno.build.os === "darwin" ? "brew" : "apt-get";
  return findProgram(manager) === null ? null : manager;
}

/** Whether this process is the superuser; false where it may not be asked or means nothing. */
export function isRoot(): boolean {
  try {
    return Deno.uid() === 0;
  } catch {
    return false;
  }
}
