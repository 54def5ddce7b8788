import { cpus } from "node:os";
import { type DeviceOptions, findGpus, openDevice, tokenGrid } from "@videoms/core";
import { cacheFile, reportCacheError } from "@videoms/data";
import { readJsonIfThere, writeJson } from "@videoms/data/files";
import { type StepSizes, stepTime } from "@videoms/models";
import type { EncoderModel, RunTask } from "../../definition/run_task.ts";
import { currentVersions } from "../folder/versions.ts";
import { encoderSizes, geometryOf } from "./model_options.ts";

/** A device that may be the fastest. */
export interface Candidate {
  /** Its name, for people and for the record. */
  readonly name: string;
  readonly options: DeviceOptions;
}

/** Milliseconds by device, by sizes of a step. */
type Times = Record<string, Record<string, number>>;

/** How the fastest device is found. */
export interface FastestOptions {
  /** The devices, such as {@linkcode candidatesHere}. */
  candidates: readonly Candidate[];
  /** File that times are kept in. @default one in the user's cache folder */
  file?: string;
  /** Told what was chosen and why. */
  tell: (text: string) => void;
}

/** Clips of the timed step at most: enough to occupy a GPU, and few enough for a CPU. */
const MOST_CLIPS = 8;

/** Share of the tokens that the encoder sees in pre-training, about as most strategies leave visible. */
const VISIBLE = 0.1;

/** Devices of this machine that compute in a precision. */
export async function candidatesHere(
  { precision, gpu, adapter, turn }: Pick<DeviceOptions, "precision" | "gpu" | "adapter" | "turn">,
): Promise<Candidate[]> {
  const gpus = (await findGpus({ adapter, turn })).filter((one) =>
    gpu !== "dawn" || one.gpu === "dawn"
  );
  const onGpus = gpus.map(({ name, gpu }): Candidate => ({
    name: gpu === "dawn" ? `${name} by Dawn` : name,
    options: { backend: "webgpu", gpu, adapter, turn, precision },
  }));
  if (precision === "f16") return onGpus;
  const cores = cpus();
  const cpu = `${cores.length} x ${cores[0]?.model.trim() ?? "CPU"}`;
  return [{ name: cpu, options: { backend: "wasm" } }, ...onGpus];
}

/** The sizes of a short step of a task. */
export function stepSizes({ kind, model, batch }: StepTask): StepSizes {
  const { width, heads, mlpRatio } = encoderSizes(model);
  const { tokens } = tokenGrid(geometryOf({ model }));
  return {
    batch: Math.min(batch, MOST_CLIPS),
    tokens: kind === "pretrain" ? Math.ceil(VISIBLE * tokens) : tokens,
    width,
    heads,
    mlpRatio,
  };
}

/** What of a task decides how long its steps take. */
export interface StepTask extends Pick<RunTask, "kind" | "batch" | "precision"> {
  readonly model: EncoderModel;
}

/** Times a device; null where it fails, which others need not. */
async function timeOf(
  { name, options }: Candidate,
  sizes: StepSizes,
  tell: (text: string) => void,
): Promise<number | null> {
  try {
    await using device = await openDevice(options);
    return await stepTime(device, sizes);
  } catch (error) {
    tell(`Not timed on ${name}: ${(error as Error).message}`);
    return null;
  }
}

/**
 * The device on which a short step of a task is fastest, timed once per machine and size of step. Tells which
 * it is and what the others take.
 *
 * @returns null where there is no device to choose
 */
export async function fastestDevice(
  task: StepTask,
  { candidates, file, tell }: FastestOptions,
): Promise<DeviceOptions | null> {
  if (candidates.length <= 1) return candidates[0]?.options ?? null;
  const { videoms, deno } = currentVersions();
  file ??= cacheFile(`step-times-${videoms}-deno-${deno}.json`, "step-times.json", tell).file;
  const sizes = stepSizes(task);
  const key = `${Object.values(sizes).join("x")} ${task.precision}`;
  // None yet, or damaged: it only costs a measurement.
  const times = file ? await readJsonIfThere<Times>(file).catch(() => null) ?? {} : {};
  const known = times[key] ?? {};
  const missing = candidates.filter(({ name }) => known[name] === undefined);
  for (const one of missing) {
    const time = await timeOf(one, sizes, tell);
    if (time !== null) known[one.name] = time;
  }
  if (missing.length > 0 && file) {
    await writeJson(file, { ...times, [key]: known })
      .catch((error) => reportCacheError(tell, error));
  }
  const timed = candidates.filter(({ name }) => known[name] !== undefined)
    .sort((a, b) => known[a.name] - known[b.name]);
  if (timed.length === 0) return candidates[0].options;
  const [first, ...rest] = timed.map(({ name }) => `${known[name].toPrecision(3)} ms on ${name}`);
  tell(`auto: a step of one block takes ${first}${rest.map((one) => `, ${one}`).join("")}`);
  return timed[0].options;
}
