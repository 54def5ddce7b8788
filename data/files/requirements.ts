import { findLibrary, findVulkan } from "./find_library.ts";
import { findProgram } from "./find_program.ts";
import { isFileSync } from "./is_file.ts";

/** A program or library that VideoMS uses. */
export type Need = "ffmpeg" | "blas" | "vulkan" | "chromium" | "mpi" | "jupyter";

/** What is being set up: a run, or the tests. */
export type Purpose = "run" | "test";

/** Package managers that the set-up can run; elsewhere people are shown a link. */
export type PackageManager = "apt-get" | "brew";

/** What a need is and how it is met. */
export interface Requirement {
  readonly title: string;
  /** What does not work, or works worse, without it. */
  readonly cost: string;
  /** Where it is found without a package manager. */
  readonly link: string;
  readonly packages: Readonly<Partial<Record<PackageManager, readonly string[]>>>;
  /** What it serves. */
  readonly purposes: readonly Purpose[];
  /** Whether these stop without it. */
  readonly required?: boolean;
}

/** What VideoMS uses beside Deno. */
export const REQUIREMENTS: Readonly<Record<Need, Requirement>> = {
  ffmpeg: {
    title: "ffmpeg and ffprobe",
    cost: "no video can be read or rendered",
    link: "https://ffmpeg.org/download.html",
    packages: { "apt-get": ["ffmpeg"], brew: ["ffmpeg"] },
    purposes: ["run", "test"],
    required: true,
  },
  blas: {
    title: "a BLAS library",
    cost: "training on the CPU is slower: large products run on plain SIMD",
    link: "https://www.openblas.net",
    packages: { "apt-get": ["libopenblas0-pthread"] },
    purposes: ["run", "test"],
  },
  vulkan: {
    title: "a Vulkan driver",
    cost: "the webgpu backend cannot be used, and its tests are skipped",
    link: "https://docs.mesa3d.org/install.html",
    packages: { "apt-get": ["mesa-vulkan-drivers", "libvulkan1"] },
    purposes: ["test"],
  },
  chromium: {
    title: "Chromium",
    cost: "the test that looks at reports in a browser is skipped",
    link: "https://www.chromium.org/getting-involved/download-chromium",
    packages: { "apt-get": ["chromium"] },
    purposes: ["test"],
  },
  mpi: {
    title: "MPICH and Open MPI",
    cost: "tests of runs on several ranks are skipped; such a run needs one of the two",
    link: "https://www.mpich.org/downloads",
    packages: { "apt-get": ["mpich", "openmpi-bin", "libopenmpi3"] },
    purposes: ["test"],
  },
  jupyter: {
    title: "Jupyter's client",
    cost: "the test that runs the notebook is skipped",
    link: "https://jupyter-client.readthedocs.io",
    packages: { "apt-get": ["python3-jupyter-client"] },
    purposes: ["test"],
  },
};

/** Whether the machine has a need; macOS comes with Accelerate and Metal, Windows with Direct3D. */
function isThere(need: Need): boolean {
  const linux = Deno.build.os === "linux";
  switch (need) {
    case "ffmpeg":
      return findProgram("ffmpeg", "FFMPEG") !== null && findProgram("ffprobe", "FFPROBE") !== null;
    case "blas":
      if (linux) return findLibrary("libopenblas.so.0") || findLibrary("libopenblas.so");
      return Deno.build.os === "darwin" || findProgram("libopenblas.dll") !== null;
    case "vulkan":
      return !linux || findVulkan();
    case "chromium":
      return !linux || findProgram("chromium") !== null;
    case "mpi":
      return !linux ||
        ["mpirun.mpich", "mpirun.openmpi"].every((name) => findProgram(name) !== null);
    case "jupyter":
      return !linux || isFileSync("/usr/lib/python3/dist-packages/jupyter_client/__init__.py");
  }
}

/** Needs of a purpose that the machine does not meet, those that it stops without first. */
export function missingNeeds(purpose: Purpose): Need[] {
  const needs = Object.keys(REQUIREMENTS) as Need[];
  return needs.filter((need) => REQUIREMENTS[need].purposes.includes(purpose) && !isThere(need));
}
