import { type AdapterSummary, findAdapters, findBlas } from "@videoms/core";
import { type Ffmpeg, ffmpegStartupTime, findFfmpeg } from "@videoms/data";
import { findManager, installPlan, isRoot, type Machine } from "./install_plan.ts";
import { missingNeeds, type Need, REQUIREMENTS } from "./requirements.ts";

export interface Finding {
  title: string;
  cost: string;
  /** Command that mends it, or null where none is known. */
  command: string | null;
  link?: string;
}

/** What was found, or why it cannot be used. */
type Result<T> = T | { problem: string };

/** What was found of a result that is there. */
export type Found<R> = Exclude<R, { problem: string }>;

export interface Survey {
  deno: string;
  system: string;
  cores: number;
  memory: { total: number; available: number };
  ffmpeg: Result<Ffmpeg & { startupMs: number }>;
  /** The adapters of Deno's own WebGPU, the most powerful first. */
  adapters: AdapterSummary[];
  /** Those of Dawn. */
  dawn: Result<AdapterSummary[]>;
  /** The BLAS library of the CPU engine. */
  blas: Result<{ library: string; name: string }>;
  findings: Finding[];
}

/** Start-up times of ffmpeg from here on are worth a word, in milliseconds. */
const SLOW_FFMPEG_MS = 40;

async function attempt<T>(find: () => Promise<T>): Promise<Result<T>> {
  try {
    return await find();
  } catch (error) {
    return { problem: (error as Error).message };
  }
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
  const adapters = await findAdapters();
  const dawn = await attempt(() => findAdapters("dawn"));
  const ffmpeg = await attempt(async () => {
    const tools = await findFfmpeg();
    return { ...tools, startupMs: await ffmpegStartupTime(tools) };
  });
  const { blas: library, problem } = findBlas();
  const blas = library ? { ...library.info } : { problem };
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
