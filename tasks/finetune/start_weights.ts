import { floatValues, type HostTensors, readSafetensors } from "@videoms/core";
import { handOver, type HandOverReport, type VideoClassifier } from "@videoms/models";
import type { FinetuneStart } from "../task/finetune_task.ts";
import { readCheckpoint, requireCheckpoint } from "../training/saved_run.ts";

/** What a classifier starts from. */
export interface StartWeights {
  /** Tensors by our names; the rest starts fresh. */
  values: HostTensors;
  /** What became of every tensor of the checkpoint and of the classifier. */
  report: HandOverReport;
  /** The file that was read. */
  path: string;
}

/** Whether a start is one file, not a run folder with checkpoints. */
async function isFile(from: string): Promise<boolean> {
  const found = await Deno.stat(from).catch(() => null);
  // A path without an ending is taken for a run folder, so that its message says how to make one.
  if (!found && /\.\w+$/.test(from)) {
    throw new Error(
      `Cannot fine-tune: start.from must be a run folder or a checkpoint file, got "${from}", which is ` +
        "not there",
    );
  }
  return found?.isFile === true;
}

/**
 * Checks that there is something to start from, before any other work is done.
 *
 * @throws {Error} if there is no such checkpoint; says how to make one
 */
export async function checkStart(from: string): Promise<void> {
  if (!await isFile(from)) await requireCheckpoint(from, "fine-tune");
}

async function bytesOf(from: string): Promise<{ path: string; bytes: Uint8Array<ArrayBuffer> }> {
  if (await isFile(from)) return { path: from, bytes: await Deno.readFile(from) };
  const { path, bytes } = await readCheckpoint(from, "fine-tune");
  return { path, bytes };
}

/**
 * Reads the checkpoint that a task names and hands its weights to a classifier.
 *
 * @throws {Error} if there is no such checkpoint
 * @throws {TypeError} if it is no safetensors file
 * @throws {RangeError} if it is one of another network; names the tensors
 */
export async function readStartWeights(
  { average, normFromEncoder }: FinetuneStart,
  from: string,
  model: Pick<VideoClassifier, "specs" | "options">,
): Promise<StartWeights> {
  const { path, bytes } = await bytesOf(from);
  const { tensors } = readSafetensors(bytes, path);
  const stored = new Map(
    [...tensors].map(([name, tensor]) => [
      name,
      {
        shape: tensor.shape,
        // Moments of the optimiser are two thirds of a checkpoint and never handed over.
        get values() {
          return floatValues(tensor);
        },
      },
    ]),
  );
  try {
    const { values, report } = handOver(stored, model, {
      average,
      initNormFromEncoder: normFromEncoder,
    });
    return { values, report, path };
  } catch (error) {
    if (error instanceof Error) error.message += ` (${path})`;
    throw error;
  }
}
