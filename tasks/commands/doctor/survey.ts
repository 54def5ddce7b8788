import { findAdapters, findBlas, installedMpi } from "@videoms/core";
import { ffmpegStartupTime, ffmpegVersion, findFfmpeg } from "@videoms/data";
import {
  findManager,
  installPlan,
  isRoot,
  type Machine,
  missingNeeds,
  type Need,
  REQUIREMENTS,
} from "@videoms/data/files";

/** Start-up times of ffmpeg from here on are worth a word, in milliseconds. */
const SLOW_FFMPEG_MS = 40;

/** What is found, or why it cannot be used. */
async function attempt<T>(find: () => Promise<T>): Promise<T | { problem: string }> {
  try {
    return await find();
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

/** What is missing or slow, with its cost, the command that mends it, if one is known, and a link. */
function findingsOf(missing: readonly Need[], startupMs: number) {
  const machine: Machine = { manager: findManager(), root: isRoot(), sudo: false };
  const findings = missing.map((need) => {
    const { title, cost, link } = REQUIREMENTS[need];
    return { title, cost, command: installPlan([need], machine).advice, link };
  });
  if (startupMs <= SLOW_FFMPEG_MS) return findings;
  return [...findings, {
    title: "a faster ffmpeg",
    cost: `each group of clips waits ${startupMs.toFixed(0)} ms for ffmpeg to start`,
    command: "FFMPEG=<path of a static build> FFPROBE=<path> deno task doctor",
    link: REQUIREMENTS.ffmpeg.link,
  }];
}

/** What the doctor finds, as it prints it by --json. */
export type Survey = Awaited<ReturnType<typeof survey>>;

/** Surveys this machine: the adapters of Deno's WebGPU and of Dawn, ffmpeg, BLAS, MPI. Opens no device. */
export async function survey() {
  const adapters = await findAdapters();
  const dawn = await attempt(() => findAdapters("dawn"));
  const ffmpeg = await attempt(async () => {
    const tools = await findFfmpeg();
    const version = await ffmpegVersion(tools);
    return { ...tools, version, startupMs: await ffmpegStartupTime(tools) };
  });
  const found = findBlas();
  const blas = found.blas ? { ...found.blas.info } : { problem: found.problem };
  const { total, available } = Deno.systemMemoryInfo();
  const missing = new Set(missingNeeds("test"));
  if ("problem" in ffmpeg) missing.add("ffmpeg");
  if (!found.blas) missing.add("blas");
  if (adapters.length === 0) missing.add("vulkan");
  return {
    deno: Deno.version.deno,
    system: `${Deno.build.os} ${Deno.osRelease()} ${Deno.build.arch}`,
    cores: navigator.hardwareConcurrency,
    memory: { total, available },
    ffmpeg,
    adapters,
    dawn,
    blas,
    mpi: installedMpi(),
    findings: findingsOf([...missing], "problem" in ffmpeg ? 0 : ffmpeg.startupMs),
  };
}
