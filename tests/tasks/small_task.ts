import {
  createRegistry,
  floatValues,
  pluginsOf,
  readSafetensors,
  type Registry,
} from "@videoms/core";
import * as data from "@videoms/data";
import * as masking from "@videoms/masking";
import * as models from "@videoms/models";
import {
  defineFinetune,
  definePretrain,
  type FinetuneOptions,
  type FinetuneTask,
  type LogEntry,
  metricKey,
  metricsOf,
  type PretrainOptions,
  type PretrainTask,
  readLog,
} from "@videoms/tasks";

/** The shipped plugins. */
export const registry: Registry = createRegistry([masking, models, data].flatMap(pluginsOf));

/** A folder for videos and runs, rendered once; files whose tests share a process name different ones in it. */
export const folder: string = await Deno.makeTempDir({ prefix: "videoms-test-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

/** A run that takes a second: clips of 8 frames of 32 × 32 pixels, 64 tokens, 3 steps an epoch. */
export function smallTask(out: string, options: PretrainOptions = {}): PretrainTask {
  const { model, data: given, optimizer, ...rest } = options;
  return definePretrain({
    name: "small",
    model: {
      width: 24,
      depth: 2,
      heads: 2,
      decoderWidth: 12,
      decoderDepth: 1,
      decoderHeads: 2,
      imageSize: 32,
      patchSize: 8,
      frames: 8,
      tubeletSize: 2,
      ...model,
    },
    data: {
      dataset: data.shapes({
        videos: 12,
        heldOut: 4,
        size: 32,
        frames: 16,
        dir: `${folder}/shapes`,
      }),
      samplingRate: 1,
      heldOutClips: 4,
      ...given,
    },
    masking: masking.motionCentric({ motionRatio: 0.5, maskRatio: 0.75 }),
    optimizer: { lr: 0.1, minLr: 1e-3, warmupEpochs: 1, ...optimizer },
    epochs: 3,
    batch: 4,
    checkpointEvery: 1,
    logEvery: 1,
    backend: "wasm",
    out: `${folder}/${out}`,
    ...rest,
  });
}

/** The lines of a run's log that report a step, each with its numbers by name. */
export async function stepLines(out: string): Promise<LogEntry[]> {
  return (await readLog(`${out}/log.jsonl`)).filter(({ event }) => event === "step")
    .map((line) => ({ ...line, ...valuesOf(line) }));
}

/** The numbers of a line by their keys. */
export function valuesOf(line: LogEntry): Record<string, number> {
  return Object.fromEntries(metricsOf(line).map((one) => [metricKey(one), one.value]));
}

/** A fine-tuning of the same size: 10 classes, 3 steps an epoch, from fresh weights. */
export function smallFinetune(out: string, options: FinetuneOptions = {}): FinetuneTask {
  const { model, data: given, optimizer, evaluation, ...rest } = options;
  const { model: pretrained, data: { dataset } } = smallTask("unused");
  const { width, depth, heads, imageSize, patchSize, frames, tubeletSize } = pretrained;
  return defineFinetune({
    name: "small",
    model: { width, depth, heads, imageSize, patchSize, frames, tubeletSize, ...model },
    data: { dataset, samplingRate: 1, ...given },
    augmentation: data.standardAugmentation({
      randAugment: "none",
      flip: 0,
      scale: [0.5, 1],
      erase: 0,
    }),
    optimizer: { lr: 0.1, minLr: 1e-3, warmupEpochs: 1, ...optimizer },
    evaluation: { segments: 2, crops: 3, ...evaluation },
    epochs: 3,
    batch: 4,
    checkpointEvery: 1,
    logEvery: 1,
    backend: "wasm",
    out: `${folder}/${out}`,
    ...rest,
  });
}

/** Weights, moments and averages of a run's checkpoint. */
export async function checkpointTensors(
  task: { out: string | null },
  step: number,
): Promise<Map<string, Float32Array>> {
  const file = `${task.out}/checkpoints/step-${String(step).padStart(8, "0")}.safetensors`;
  const { tensors } = readSafetensors(await Deno.readFile(file), file);
  return new Map([...tensors].map(([name, tensor]) => [name, floatValues(tensor)]));
}
