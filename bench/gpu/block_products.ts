import { tokenGrid } from "@videoms/core";
import type { GemmSizes } from "../../core/webgpu/gemm/run_gemm.ts";
import { autoencoderOf } from "../../tasks/runs/network/model_options.ts";
import pretrainTask from "../../tasks/ucf101/pretrain.ts";
import type { StepSetting } from "../step/bench_step.ts";
import { evenMasking } from "../step/even_masking.ts";

/** A matrix product of a training step. */
export interface BlockProduct extends GemmSizes {
  /** The layer and what is computed, such as `expand dw`. */
  readonly name: string;
}

/** The products of an encoder block's dense layers, forward and both gradients, in motion-centric pre-training. */
export function blockProducts({ size, batch, frames, imageSize }: StepSetting): BlockProduct[] {
  const model = { ...pretrainTask.model, size, frames, imageSize };
  const { geometry, encoder: { width } } = autoencoderOf({ ...pretrainTask, model });
  const rows = batch * evenMasking("motion-centric").counts(tokenGrid(geometry)).visible;
  const layers = [
    { layer: "qkv", inputs: width, outputs: 3 * width },
    { layer: "output", inputs: width, outputs: width },
    { layer: "expand", inputs: width, outputs: 4 * width },
    { layer: "contract", inputs: 4 * width, outputs: width },
  ];
  return layers.flatMap(({ layer, inputs, outputs }): BlockProduct[] => [
    { name: layer, form: "nn", m: rows, n: outputs, k: inputs },
    { name: `${layer} dx`, form: "nt", m: rows, n: inputs, k: outputs },
    { name: `${layer} dw`, form: "tn", m: inputs, n: outputs, k: rows },
  ]);
}
