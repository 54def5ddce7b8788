import type { Registry } from "@videoms/core";
import { positionsInWeights, type VideoEncoderOptions } from "@videoms/models";
import { encoderOf, geometryOf } from "../network/model_options.ts";
import { modelOf, type OpenedWeights, openWeights } from "../weights/open_weights.ts";
import { type EncoderTask, taskOfWeights } from "../weights/task_of_weights.ts";

export type { EncoderTask };

/** Weights with an encoder among them; only tensors that are asked for are read. */
export interface EncoderSource extends OpenedWeights {
  /** The task that it was trained by; of foreign weights one with their model. */
  readonly task: EncoderTask;
  /** Optimiser steps behind it; 0 where they are not known. */
  readonly step: number;
}

/** What the encoder of a task looks like. */
export function encoderOptionsOf(task: EncoderTask, registry: Registry): VideoEncoderOptions {
  return {
    geometry: geometryOf(task),
    encoder: encoderOf(task.model, registry),
    network: task.kind === "pretrain" ? "pretrain" : "classifier",
  };
}

/**
 * Opens an encoder's weights: the newest checkpoint of a run that is whole, without taking the run's lock,
 * a file of one, or weights of PyTorch or Hugging Face.
 *
 * @param from what `openWeights` takes
 * @param average take the average of the weights
 * @throws {Error} if there is none, or it comes from a run of another kind
 * @throws {TypeError} if it is no weight file
 * @throws {RangeError} if it is no video transformer
 */
export async function openEncoderSource(
  from: string,
  average = false,
): Promise<EncoderSource> {
  const weights = await openWeights(from, { field: "the encoder", average });
  try {
    const { family, path } = weights;
    const { tensors, positions } = await positionsInWeights(weights.tensors, family === "v-jepa");
    const task = weights.task ?? taskOfWeights(modelOf(weights, positions), path);
    return { ...weights, tensors, task, step: Number(weights.metadata.step ?? 0) };
  } catch (error) {
    weights[Symbol.dispose]();
    throw error;
  }
}
