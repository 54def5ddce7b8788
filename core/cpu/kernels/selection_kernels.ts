import type { Tensor2D } from "@tensorflow/tfjs-core";
import {
  DISTANCES,
  type FirstTubelet,
  MOTION_NOISE,
  type SelectionKernels,
  SMALLEST_DIRECTION,
} from "../../ops/kernels/selection_kernels.ts";
import { checkShape } from "../../ops/check_shape.ts";
import type { EngineContext } from "../engine_context.ts";
import { rankValues } from "./rank_values.ts";

/** Fills in the importance of a sample's first tubelet in `values` [N] from the others. */
function fillFirstTubelet(values: Float32Array, perTubelet: number, first: FirstTubelet): void {
  for (let n = 0; n < perTubelet; n++) {
    if (first === "zero") {
      values[n] = 0;
    } else {
      values[n] = values[n + perTubelet];
      if (first === "copy") continue;
      for (let later = n + 2 * perTubelet; later < values.length; later += perTubelet) {
        values[n] = Math.max(values[n], values[later]);
      }
    }
  }
}

/** {@linkcode SelectionKernels}: distances on the heap's threads, partitions on the host. */
export function selectionKernels({ heap, pool }: EngineContext): SelectionKernels {
  return {
    tokenDistances(x, perTubelet, distance, first) {
      const [batch, tokens, width] = x.shape;
      const y = heap.tensor<Tensor2D>([batch, tokens]);
      const at = heap.address(y);
      const sizes = [DISTANCES.indexOf(distance), batch, tokens, perTubelet, width] as const;
      const limits = [MOTION_NOISE, SMALLEST_DIRECTION] as const;
      pool.run("distances", 2 * x.size, heap.address(x), at, ...sizes, ...limits);
      for (let b = 0; b < batch; b++) {
        fillFirstTubelet(heap.view(at + 4 * b * tokens, tokens), perTubelet, first);
      }
      return y;
    },

    partitionTokens(values, largestFirst, roles, ones) {
      const [batch, tokens] = values.shape;
      const chosen = roles.shape[1];
      checkShape("roles", roles, [batch, chosen]);
      const sets = [chosen - ones, ones].map((count) =>
        heap.tensor<Tensor2D>([batch, count], "int32")
      );
      for (let b = 0; b < batch; b++) {
        const own = heap.view(heap.address(values) + 4 * b * tokens, tokens);
        const ranked = rankValues(own, largestFirst);
        const role = heap.integers(heap.address(roles) + 4 * b * chosen, chosen);
        sets.forEach((set, wanted) => {
          const count = set.shape[1];
          const members = ranked.subarray(0, chosen).filter((_, rank) => role[rank] === wanted);
          heap.integers(heap.address(set) + 4 * b * count, count).set(members.sort());
        });
      }
      return { zeros: sets[0], ones: sets[1] };
    },
  };
}
