import { tokenGrid, valuesPerToken } from "@videoms/core";
import { type MaskedAutoencoderOptions, maskedAutoencoderSpecs } from "@videoms/models";
import { autoencoderOf } from "../../tasks/runs/network/model_options.ts";
import pretrainTask from "../../tasks/ucf101/pretrain.ts";
import { evenMasking, type EvenStrategy } from "../step/even_masking.ts";
import type { ServerSetting } from "./step_server.ts";

/**
 * How PyTorch computes its matrix products: as it comes, in TF32, or in half precision under autocast with a
 * loss scale.
 */
export type TorchArithmetic = "f32" | "tf32" | "f16";

/** The model and the step in numbers and names, for an implementation that shares no code. */
export function torchSetting(
  { size, batch, frames, imageSize, strategy, backend }: ServerSetting & { strategy: EvenStrategy },
  arithmetic: TorchArithmetic,
): Record<string, unknown> {
  const model = { ...pretrainTask.model, size, frames, imageSize };
  const options: MaskedAutoencoderOptions = autoencoderOf({ ...pretrainTask, model });
  const { geometry, encoder, decoder } = options;
  const grid = tokenGrid(geometry);
  const { visible, target } = evenMasking(strategy).counts(grid);
  return {
    ...geometry,
    tokens: grid.tokens,
    perTubelet: grid.perTubelet,
    values: valuesPerToken(geometry),
    width: encoder.width,
    depth: encoder.depth,
    heads: encoder.heads,
    decoderWidth: decoder.width,
    decoderDepth: decoder.depth,
    decoderHeads: decoder.heads,
    visible,
    target,
    strategy,
    batch,
    // In the order of their numbers, which the formula of the weights uses.
    tensors: maskedAutoencoderSpecs(options).map(({ name, shape }) => ({ name, shape })),
    learningRate: 1e-4,
    weightDecay: 0.05,
    betas: [0.9, 0.95],
    threads: navigator.hardwareConcurrency,
    device: backend === "webgpu" ? "cuda" : "cpu",
    arithmetic,
  };
}
