import type { Tensor } from "@tensorflow/tfjs-core";
import type { EngineContext } from "./engine_context.ts";
import { SLAB } from "./jobs/optimizer_jobs.ts";

/** Sum of the squares of a tensor's values, in float64. */
export function sumOfSquares({ heap, pool }: EngineContext, x: Tensor): number {
  const slabs = Math.ceil(x.size / SLAB);
  return heap.withScratch(8 * slabs, (sums) => {
    pool.run("squares", x.size / 2, heap.address(x), sums, x.size);
    return heap.doubles(sums, slabs).reduce((a, b) => a + b, 0);
  });
}
