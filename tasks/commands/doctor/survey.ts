import { type AdapterSummary, findAdapters, findBlas } from "@videoms/core";
import { type Ffmpeg, ffmpegStartupTime, findFfmpeg } from "@videoms/data";
import { findManager, installPlan, isRoot, type Machine } from "./install_plan.ts";
import { missingNeeds, type Need, REQUIREMENTS } from "./requirements.ts";

/** A piece that is missing, or could be better. */
export interface Finding {
  title: string;
  cost: string;
  /** Command that mends it, or null where none is known. */
  command: string | null;
  link?: string;
}

export interface Survey {
  deno: string;
  system: string;
  cores: number;
  memory: { total: number; available: number };
  /** ffmpeg, with the milliseconds that it takes to start, or why it cannot be used. */
  ffmpeg: (Ffmpeg & { startupMs: number }) | { problem: string };
  /** The adapters of Deno's own WebGPU, the most powerful first. */
  adapters: AdapterSummary[];
  /** Those of Dawn, or why it cannot be used. */
  dawn: AdapterSummary[] | { problem: string };
  /** The BLAS library of the CPU engine, or why there is none. */
  blas: { library: string; name: string } | { problem: string };
  findings: Finding[];
}

/** Start-up times of ffmpeg from here on are worth a word, in milliseconds. */
const SLOW_FFMPEG_MS = 40;

async function surveyFfmpeg(): Promise<Survey["ffmpeg"]> {
  try {
    const tools = await findFfmpeg();
    return { ...tools, startupMs: await ffmpegStartupTime(tools) };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

async function surveyDawn(): Promise<Survey["dawn"]> {
  try {
    return await findAdapters("dawn");
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

function surveyBlas(): Survey["blas"] {
  const { blas, problem } = findBlas();
  return blas ? { ...blas.info } : { problem };
}

/** What is missing, with its cost and the command that mends it. */
function findingsOf(missing: readonly Need[], ffmpeg: Survey["ffmpeg"]): Finding[] {
  const machine: Machine = { manager: findManager(), root: isRoot(), sudo: false };
  const findings = missing.map((need): Finding => {
    const { title, cost, link } = REQUIREMENTS[need];
    return { title, cost, command: installPlan([need], machine).advice, link };
  });
  if ("startupMs" in ffmpeg && ffmpeg.startupMs > SLOW_FFMPEG_MS) {
    findings.push({
      title: "a faster ffmpeg",
      cost: `each group of clips waits ${ffmpeg.startupMs.toFixed(0)} ms for ffmpeg to start`,
      command: "FFMPEG=<path of a static build> FFPROBE=<path> deno task doctor",
    });
  }
  return findings;
}

/** Looks at this machine. Starts ffmpeg a few times and opens no device. */
export async function survey(): Promise<Survey> {
  const [adapters, dawn] = [await findAdapters(), await surveyDawn()];
  const ffmpeg = await surveyFfmpeg();
  const blas = surveyBlas();
  const { total, available } = Deno.systemMemoryInfo();
  const missing = new Set(missingNeeds("test"));
  if ("problem" in ffmpeg) missing.add("ffmpeg");
  if ("problem" in blas) missing.add("blas");
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
    findings: findingsOf([...missing], ffmpeg),
  };
}
