import { findLibrary, findProgram, findVulkan } from "@videoms/data/files";

export type Need = "ffmpeg" | "blas" | "vulkan" | "chromium";

/** What is being set up: a run, or the tests. */
export type Purpose = "run" | "test";

/** What a need is, and what its absence costs. */
export interface Requirement {
  readonly title: string;
  /** What does not work, or works worse, without it. */
  readonly cost: string;
  /** Where people find it who have no package manager that is known here. */
  readonly link: string;
  /** Purposes that stop without it. */
  readonly requiredFor: readonly Purpose[];
  /** Purposes that gain from it. */
  readonly usefulFor: readonly Purpose[];
}

export const REQUIREMENTS: Readonly<Record<Need, Requirement>> = {
  ffmpeg: {
    title: "ffmpeg and ffprobe",
    cost: "no video can be read or rendered",
    link: "https://ffmpeg.org/download.html",
    requiredFor: ["run", "test"],
    usefulFor: [],
  },
  blas: {
    title: "a BLAS library",
    cost: "training on the CPU is slower: large products run on plain SIMD",
    link: "https://www.openblas.net",
    requiredFor: [],
    usefulFor: ["run", "test"],
  },
  vulkan: {
    title: "a Vulkan driver",
    cost: "the webgpu backend cannot be used, and its tests are skipped",
    link: "https://docs.mesa3d.org/install.html",
    requiredFor: [],
    usefulFor: ["test"],
  },
  chromium: {
    title: "Chromium",
    cost: "the test that looks at reports in a browser is skipped",
    link: "https://www.chromium.org/getting-involved/download-chromium",
    requiredFor: [],
    usefulFor: ["test"],
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
  }
}

/** Needs of a purpose that the machine does not meet, those that it stops without first. */
export function missingNeeds(purpose: Purpose): Need[] {
  const needs = Object.keys(REQUIREMENTS) as Need[];
  return needs.filter((need) => {
    const { requiredFor, usefulFor } = REQUIREMENTS[need];
    return [...requiredFor, ...usefulFor].includes(purpose) && !isThere(need);
  });
}
