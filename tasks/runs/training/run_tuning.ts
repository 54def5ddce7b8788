import { type Device, type GemmSizes, type GemmTuning, gemmTuning } from "@videoms/core";
import { type CacheFile, cacheFile, reportCacheError } from "@videoms/data";
import { currentVersions } from "../folder/versions.ts";
import { writeJson } from "@videoms/data/files";

/** Whether matrix products are measured; `auto` does so on a real GPU. */
export const TUNE_CHOICES = ["auto", "on", "off"] as const;

/** Whether matrix products are measured. */
export type TuneChoice = typeof TUNE_CHOICES[number];

const FORMAT = "videoms-gemm-tuning";

/** How a run measures matrix products. */
export interface TuningOptions {
  /** `auto` measures on a real GPU, `on` on a software one too. @default "auto" */
  tune?: TuneChoice;
  /** File that what was measured is kept in. @default one in the user's cache folder */
  tuningFile?: string;
  /** Seconds after which no further product is measured; the next run goes on. @default 30 */
  tuneSeconds?: number;
}

/** The measurement of a run's matrix products. */
export interface RunTuning {
  /** Measures the products that were met and never measured, and keeps the choices; once is enough. */
  measure(tell: (text: string) => void, signal: AbortSignal): Promise<void>;
}

const NO_TUNING: RunTuning = { measure: () => Promise.resolve() };

/** What compiles kernels and runs them: Deno has WebGPU built in. The GPU is named within. */
function measuredWith(): { videoms: string; deno: string } {
  const { videoms, deno } = currentVersions();
  return { videoms, deno };
}

/** Where what was measured is kept. Other versions, which may share the folder, have files of their own. */
function usualFile(tell: (text: string) => void): CacheFile {
  const { videoms, deno } = measuredWith();
  return cacheFile(`gemm-tuning-${videoms}-deno-${deno}.json`, "gemm-tuning.json", tell);
}

/** Loads a file of choices; gives the reason if one is there and cannot be used. */
async function loadChoices(tuning: GemmTuning, file: string): Promise<string | null> {
  try {
    const content = JSON.parse(await Deno.readTextFile(file));
    if (content?.format !== FORMAT) return `its format must be "${FORMAT}"`;
    const [then, now] = [content.versions, measuredWith()].map((one) => JSON.stringify(one));
    if (then !== now) return `it was measured with ${then}, not ${now}`;
    return tuning.load(content.tuning) ? null : "it was measured with other kernels";
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? null : (error as Error).message;
  }
}

/** Writes all choices, those of runs that went on beside this one too; gives the reason if that fails. */
async function saveChoices(tuning: GemmTuning, file: string): Promise<string | null> {
  await loadChoices(tuning, file);
  const content = { format: FORMAT, versions: measuredWith(), tuning: tuning.save() };
  try {
    await writeJson(file, content);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Measures until all is known, time is up or it is told to stop, at least one; gives how many were. */
async function measureProducts(
  tuning: GemmTuning,
  products: readonly GemmSizes[],
  seconds: number,
  signal: AbortSignal,
): Promise<number> {
  const end = performance.now() + 1000 * seconds;
  const work = ({ m, n, k }: GemmSizes) => m * n * k;
  const ordered = [...products].sort((a, b) => work(b) - work(a)); // the largest gain most
  let count = 0;
  for (const product of ordered) {
    await tuning.tune([product]);
    count++;
    if (signal.aborted || performance.now() >= end) break;
  }
  return count;
}

/**
 * Loads what earlier runs measured on this GPU, and prepares to measure the rest. A file that is
 * damaged, or of other versions, is told of and ignored: it only costs a measurement.
 */
export async function openTuning(
  device: Device,
  { tune = "auto", tuningFile, tuneSeconds = 30 }: TuningOptions,
  tell: (text: string) => void,
): Promise<RunTuning> {
  const { queue, adapter, backend } = device;
  if (tune === "on" && !queue) tell(`Nothing to tune: only webgpu is tuned, got ${backend}`);
  const isOff = tune === "off" || (tune === "auto" && adapter?.software);
  if (!queue || isOff) return NO_TUNING;
  const tuning = gemmTuning(queue);
  const { file, older } = tuningFile === undefined
    ? usualFile(tell)
    : { file: tuningFile, older: [] };
  for (const one of older) await loadChoices(tuning, one); // of another version more often than not
  const damage = file === undefined ? null : await loadChoices(tuning, file);
  if (damage !== null) tell(`Ignored ${file}: ${damage}`);
  return {
    async measure(tell, signal) {
      const products = tuning.unmeasured();
      if (products.length === 0 || signal.aborted) return;
      tell(
        `Measuring ${products.length} matrix products on ${adapter?.name}, once, for at most ` +
          `${tuneSeconds} s` + (file === undefined ? "" : `; the choices are kept in ${file}`),
      );
      const count = await measureProducts(tuning, products, tuneSeconds, signal);
      device.check();
      if (count < products.length) {
        tell(`Measured ${count} of ${products.length}; the next run measures the rest`);
      }
      const failure = file === undefined ? null : await saveChoices(tuning, file);
      if (failure === null) return;
      if (tuningFile === undefined) reportCacheError(tell, new Error(failure));
      else tell(`Could not keep ${file}: ${failure}`);
    },
  };
}
