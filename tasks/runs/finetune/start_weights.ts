import { planClassifierWeights } from "@videoms/models";
import type { FinetuneTask } from "../../definition/finetune_task.ts";
import { openStart, type Start, type StartingNetwork } from "../weights/start_weights.ts";

/**
 * Opens the weights that a fine-tuning starts from and decides what becomes of every tensor.
 *
 * @throws {Error} if there is no such checkpoint
 * @throws {TypeError} if it is no weight file
 * @throws {RangeError} if it is one of another network; names the tensors or says what to set
 */
export async function openFinetuneStart(
  task: FinetuneTask,
  from: string,
  model: StartingNetwork,
): Promise<Start> {
  const options = { initNormFromEncoder: task.start.normFromEncoder };
  return await openStart(
    task,
    from,
    model,
    (tensors) => planClassifierWeights(tensors, model, options),
  );
}
