import { findProgram } from "./find_program.ts";
import { type Need, type PackageManager, REQUIREMENTS } from "./requirements.ts";

/** Who installs, and by what. */
export interface Machine {
  readonly manager: PackageManager | null;
  readonly root: boolean;
  /** Whether sudo works without asking for a password. */
  readonly sudo: boolean;
}

/** How something is installed. */
export interface InstallPlan {
  /** Command that a person runs, for the shell. Null if no package of this system is known. */
  readonly advice: string | null;
  /** The same as an argument vector that needs no person; null where a person is needed. */
  readonly command: readonly string[] | null;
}

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
  const packages = needs.flatMap((need) =>
    manager ? REQUIREMENTS[need].packages[manager] ?? [] : []
  );
  if (packages.length === 0) return { advice: null, command: null };
  if (manager === "brew") {
    const command = ["brew", "install", ...packages];
    return { advice: command.join(" "), command: root ? null : command };
  }
  const apt = root ? "apt-get" : "sudo apt-get";
  const install = ["apt-get", "install", ...APT_OPTIONS, ...packages];
  return {
    advice: `${apt} update && ${apt} install -y --no-install-recommends ${packages.join(" ")}`,
    command: root ? install : sudo ? asSuperuser(install) : null,
  };
}

/** The package manager of this machine; null where there is none that is known. */
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
