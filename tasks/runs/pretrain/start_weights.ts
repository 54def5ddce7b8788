import { planAutoencoderWeights } from "@videoms/models";
import type { PretrainTask } from "../../definition/pretrain_task.ts";
import { openStart, type Start, type StartingNetwork } from "../weights/start_weights.ts";

/**
 * Opens the weights that a pre-training starts from and decides what becomes of every tensor.
 *
 * @throws {Error} if there is no such checkpoint
 * @throws {TypeError} if it is no weight file
 * @throws {RangeError} if it is one of another network; names the tensors or says what to set
 */
export async function openPretrainStart(
  task: PretrainTask,
  from: string,
  model: StartingNetwork,
): Promise<Start> {
  return await openStart(task, from, model, (tensors) => planAutoencoderWeights(tensors, model));
}
