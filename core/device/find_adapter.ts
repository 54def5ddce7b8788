import {
  type AdapterSummary,
  type GpuChoice,
  GPUS,
  isSoftwareName,
  summarise,
} from "../webgpu/adapter_summary.ts";
import { dawnAdapter, dawnAdapterNames, isDawnHere } from "./dawn.ts";

/** Which adapter of which WebGPU. */
export interface AdapterOptions {
  /** The WebGPU implementation. @default "deno" */
  gpu?: GpuChoice;
  /** Number of the adapter, or a part of its name. @default the most powerful one */
  adapter?: string;
  /** Which of Dawn's adapters to take where none is named, counted from 0 and again from the first. @default 0 */
  turn?: number;
  /** Whether kernels on Dawn clamp indices. @default false */
  checks?: boolean;
}

/** An adapter with its facts. */
export interface FoundAdapter {
  readonly adapter: GPUAdapter;
  readonly summary: AdapterSummary;
}

/** Requests that may be answered with different adapters, the most powerful first. */
const REQUESTS: readonly GPURequestAdapterOptions[] = [
  { powerPreference: "high-performance" },
  { powerPreference: "low-power" },
  { forceFallbackAdapter: true },
];

/** The runtime's adapters; it lists none, but gives one on each request. */
async function ownAdapters(requests: readonly GPURequestAdapterOptions[]): Promise<FoundAdapter[]> {
  if (typeof navigator === "undefined" || !("gpu" in navigator) || !navigator.gpu) return [];
  const found = new Map<string, FoundAdapter>();
  for (const request of requests) {
    const adapter = await navigator.gpu.requestAdapter(request);
    if (!adapter) continue;
    const summary = summarise(adapter, "deno");
    if (!found.has(summary.name)) found.set(summary.name, { adapter, summary });
  }
  return [...found.values()];
}

async function dawnAdapters(names: readonly string[], checks: boolean): Promise<FoundAdapter[]> {
  const found: FoundAdapter[] = [];
  for (const name of names) {
    const adapter = await dawnAdapter({ name, checks });
    if (adapter) found.push({ adapter, summary: summarise(adapter, "dawn", name) });
  }
  return found;
}

/**
 * The index of the adapter that is meant, by its number or a part of its name; the first one where none is
 * asked for.
 *
 * @throws {RangeError} if none or several are meant
 */
export function chooseAdapter(names: readonly string[], wanted: string | undefined): number {
  if (wanted === undefined) return 0;
  const index = /^\d+$/.test(wanted) ? Number(wanted) : NaN;
  if (index < names.length) return index;
  const part = wanted.toLowerCase();
  const meant = names.flatMap((name, i) => name.toLowerCase().includes(part) ? [i] : []);
  if (meant.length === 1) return meant[0];
  const listed = names.map((name, i) => `${i} "${name}"`).join(", ");
  throw new RangeError(
    "Cannot run on webgpu: the adapter must be the number or a part of the name of one of " +
      `${listed || "none"}, got "${wanted}", which ${meant.length ? "fits several" : "fits none"}`,
  );
}

/**
 * The index of the adapter of Dawn that is asked for, else of the one that a process takes which shares a host's GPUs with
 * others; software renderers count only where there is nothing else.
 *
 * @throws {RangeError} if none or several are meant, or one that cannot be told from another of the same name
 */
export function chooseDawnAdapter(
  names: readonly string[],
  { adapter, turn = 0 }: Pick<AdapterOptions, "adapter" | "turn">,
): number {
  const all = [...names.keys()];
  const gpus = all.filter((i) => !isSoftwareName(names[i]));
  const shared = gpus.length > 0 ? gpus : all;
  const index = adapter === undefined
    ? shared[turn % shared.length]
    : chooseAdapter(names, adapter);
  const name = names[index];
  if (names.indexOf(name) === index) return index;
  throw new RangeError(
    "Cannot run on webgpu: a GPU must have another name than those before it, since Dawn finds it by its name, got " +
      `${
        names.filter((one) => one === name).length
      } of "${name}"; let each process see one of them ` +
      "(srun --gpus-per-task=1), or take the first (--adapter 0)",
  );
}

/**
 * Finds an adapter, or null if there is none at all.
 *
 * @throws {RangeError} if `adapter` fits none or several
 * @throws {Error} if Dawn is asked for and cannot be loaded
 */
export async function requestAdapter(
  { gpu = "deno", adapter, turn = 0, checks = false }: AdapterOptions = {},
): Promise<FoundAdapter | null> {
  if (gpu === "dawn") {
    const names = await dawnAdapterNames();
    if (names.length === 0) return null;
    const name = names[chooseDawnAdapter(names, { adapter, turn })];
    const [found] = await dawnAdapters([name], checks);
    return found ?? null;
  }
  const found = await ownAdapters(adapter === undefined ? REQUESTS.slice(0, 1) : REQUESTS);
  if (found.length === 0) return null;
  return found[chooseAdapter(found.map(({ summary }) => summary.name), adapter)];
}

/**
 * The adapter of a WebGPU, or null if there is none.
 *
 * @throws {RangeError} if `adapter` fits none or several
 * @throws {Error} if Dawn is asked for and cannot be loaded
 */
export async function findAdapter(options: AdapterOptions = {}): Promise<AdapterSummary | null> {
  return (await requestAdapter(options))?.summary ?? null;
}

/**
 * All adapters of a WebGPU, the most powerful first; their places are the numbers that
 * {@linkcode AdapterOptions.adapter} takes.
 *
 * @throws {Error} if Dawn is asked for and cannot be loaded
 */
export async function findAdapters(gpu: GpuChoice = "deno"): Promise<AdapterSummary[]> {
  const found = gpu === "dawn"
    ? await dawnAdapters(await dawnAdapterNames(), false)
    : await ownAdapters(REQUESTS);
  return found.map(({ summary }) => summary);
}

/**
 * GPUs that can be used without asking anybody, one of each WebGPU that finds one: Dawn only where it is
 * installed, and no software renderers.
 *
 * @throws {RangeError} if `adapter` fits none or several
 */
export async function findGpus(
  choice: Pick<AdapterOptions, "adapter" | "turn"> = {},
): Promise<AdapterSummary[]> {
  const found: AdapterSummary[] = [];
  const refusals: unknown[] = [];
  const asked = GPUS.filter((gpu) => gpu === "deno" || isDawnHere());
  for (const gpu of asked) {
    try {
      const summary = await findAdapter({ gpu, ...choice });
      if (summary && !summary.software) found.push(summary);
    } catch (error) {
      refusals.push(error); // a GPU may be there for one of the two only
    }
  }
  if (refusals.length === asked.length) throw refusals[0];
  return found;
}
