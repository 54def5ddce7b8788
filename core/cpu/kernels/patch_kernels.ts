import { byteTable } from "../../ops/byte_table.ts";
import type { Scalar, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import { tokenGrid, valuesPerToken } from "../../grid/token_grid.ts";
import type { PatchKernels } from "../../ops/kernels/patch_kernels.ts";
import { checkIndex } from "../check_index.ts";
import { checkShape } from "../../ops/check_shape.ts";
import type { EngineContext } from "../engine_context.ts";
import { crossEntropy } from "./cross_entropy.ts";

/** {@linkcode PatchKernels} on the heap; pixels stay bytes, four in place of one float. */
export function patchKernels(context: EngineContext): PatchKernels {
  const { heap, pool } = context;

  return {
    pixels(bytes) {
      const packed = heap.tensor<Tensor1D>([Math.ceil(bytes.length / 4)], "int32");
      heap.bytesAt(heap.address(packed), bytes.length).set(bytes);
      return packed;
    },

    patches(pixels, batch, geometry, scale, index) {
      const { frames, tubeletSize, imageSize, patchSize } = geometry;
      const { tokens } = tokenGrid(geometry);
      checkShape("pixels", pixels, [Math.ceil(batch * frames * imageSize ** 2 * 3 / 4)]);
      const count = index ? index.shape[1] : tokens;
      if (index) {
        checkShape("index", index, [batch, count]);
        checkIndex(context, "patches", index, tokens);
      }
      const y = heap.tensor<Tensor3D>([batch, count, valuesPerToken(geometry)]);
      const table = byteTable(scale);
      heap.withScratch(4 * table.length, (at) => {
        heap.view(at, table.length).set(table);
        const inputs = [heap.address(pixels), at, index ? heap.address(index) : 0] as const;
        const sizes = [batch, count, frames, tubeletSize, patchSize, imageSize] as const;
        pool.run("patches", 2 * y.size, ...inputs, heap.address(y), ...sizes);
      });
      return y;
    },

    reconstructionLoss(prediction, patches, { mean, std }, normalize) {
      const [rows, width] = prediction.shape;
      checkShape("patches", patches, prediction.shape);
      const dPrediction = heap.tensor<Tensor2D>(prediction.shape);
      const loss = heap.tensor<Scalar>([]);
      heap.withScratch(8 * rows + 4 * 6, (losses) => {
        const scale = losses + 8 * rows;
        heap.view(scale, 6).set([...mean, ...std]);
        pool.run(
          "reconstruction",
          2 * prediction.size,
          ...[heap.address(prediction), heap.address(patches), scale] as const,
          ...[heap.address(dPrediction), losses, rows, width] as const,
          ...[normalize ? 1 : 0, 2 / prediction.size] as const,
        );
        const sum = heap.doubles(losses, rows).reduce((a, b) => a + b, 0);
        heap.view(heap.address(loss), 1)[0] = sum / prediction.size;
      });
      return { loss, dPrediction };
    },

    crossEntropy(logits, targets) {
      checkShape("targets", targets, logits.shape);
      const dLogits = heap.tensor<Tensor2D>(logits.shape);
      const loss = heap.tensor<Scalar>([]);
      const [from, to, out] = [logits, targets, dLogits].map((tensor) =>
        heap.view(heap.address(tensor), logits.size)
      );
      heap.view(heap.address(loss), 1)[0] = crossEntropy(from, to, out, ...logits.shape);
      return { loss, dLogits };
    },
  };
}
