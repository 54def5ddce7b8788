import { checkShape } from "../ops/check_shape.ts";
import type { SelectionKernels } from "../ops/kernels/selection_kernels.ts";
import type { GpuQueue } from "./gpu_queue.ts";
import { partitionTokens } from "./selection/partition_tokens.ts";
import { tokenDistances } from "./selection/token_distances.ts";

/** {@linkcode SelectionKernels} on the GPU: one dispatch for distances, two for partitioning. */
export function selectionKernels(queue: GpuQueue): SelectionKernels {
  return {
    tokenDistances(x, perTubelet, distance, first) {
      const tubelets = x.shape[1] / perTubelet;
      if (!Number.isInteger(tubelets) || tubelets < 2) {
        throw new RangeError(
          "Cannot run token selection: there must be at least two tubelets of as many " +
            `tokens each, got ${x.shape[1]} tokens, ${perTubelet} to a tubelet`,
        );
      }
      return tokenDistances(queue, x, perTubelet, distance, first);
    },

    partitionTokens(values, largestFirst, roles, ones) {
      checkShape("roles", roles, [values.shape[0], roles.shape[1]]);
      return partitionTokens(queue, values, largestFirst, roles, ones);
    },
  };
}
