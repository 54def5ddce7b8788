import type { Tensor1D, Tensor3D } from "@tensorflow/tfjs-core";
import type { AttentionKernels } from "../../ops/kernels/attention_kernels.ts";
import { checkShape } from "../../ops/check_shape.ts";
import { type EngineContext, productWork } from "../engine_context.ts";
import { attentionScratchBytes, scoreStride } from "../jobs/attention_jobs.ts";

/** Sizes of an attention over packed qkv [B, N, 3D]. */
interface Sizes {
  batch: number;
  tokens: number;
  /** D. */
  width: number;
  /** Time of the forward pass's products on one thread in ns. */
  work: number;
  /** What the gradient needs: probabilities if they are no larger than qkv, else sums. */
  savedShape: number[];
  savesProbabilities: boolean;
}

function sizesOf(qkv: Tensor3D, heads: number): Sizes {
  const [batch, tokens, packed] = qkv.shape;
  const width = packed / 3;
  if (packed % (3 * heads) !== 0) {
    throw new RangeError(
      `Cannot run attention: the packed width must be a multiple of 3 × heads, ` +
        `got ${packed} and ${heads} heads`,
    );
  }
  const stride = scoreStride(tokens);
  const savesProbabilities = heads * stride <= packed;
  return {
    batch,
    tokens,
    width,
    work: 2 * productWork(batch * tokens, width, tokens),
    savedShape: [batch, heads, tokens, savesProbabilities ? stride : 2],
    savesProbabilities,
  };
}

/** {@linkcode AttentionKernels} on the heap; heads are divided among threads. */
export function attentionKernels({ heap, pool }: EngineContext): AttentionKernels {
  return {
    attention(qkv, heads) {
      const { batch, tokens, width, work, ...sizes } = sizesOf(qkv, heads);
      const y = heap.tensor<Tensor3D>([batch, tokens, width]);
      const saved = heap.tensor(sizes.savedShape);
      const sums = 8 * batch * heads * tokens;
      const perThread = attentionScratchBytes(tokens);
      heap.withScratch(sums + pool.threads * perThread, (scratch) => {
        const atSaved = heap.address(saved);
        const [probabilities, statistics] = sizes.savesProbabilities
          ? [atSaved, scratch]
          : [0, atSaved];
        const outputs = [heap.address(y), probabilities, statistics, scratch + sums] as const;
        pool.run("attention", work, heap.address(qkv), ...outputs, batch, heads, tokens, width);
      });
      return { y, saved };
    },

    attentionGradient(qkv, heads, _y, saved, dy) {
      const { batch, tokens, width, work, ...sizes } = sizesOf(qkv, heads);
      checkShape("saved", saved, sizes.savedShape);
      checkShape("dy", dy, [batch, tokens, width]);
      const dQkv = heap.tensor<Tensor3D>(qkv.shape);
      heap.withScratch(pool.threads * attentionScratchBytes(tokens), (scratch) => {
        const atSaved = heap.address(saved);
        const [probabilities, statistics] = sizes.savesProbabilities ? [atSaved, 0] : [0, atSaved];
        const tensors = [heap.address(qkv), heap.address(dy), heap.address(dQkv)] as const;
        const shape = [batch, heads, tokens, width] as const;
        const kept = [probabilities, statistics, scratch] as const;
        pool.run("attentionGradient", 2 * work, ...tensors, ...kept, ...shape);
      });
      return dQkv;
    },

    packBiases(query, value) {
      checkShape("value", value, query.shape);
      const packed = heap.tensor<Tensor1D>([3 * query.size]);
      const values = heap.view(heap.address(packed), packed.size).fill(0);
      values.set(heap.view(heap.address(query), query.size));
      values.set(heap.view(heap.address(value), value.size), 2 * query.size);
      return packed;
    },

    unpackBiases(packed) {
      const width = packed.size / 3;
      const [query, value] = [0, 2].map((third) => {
        const part = heap.tensor<Tensor1D>([width]);
        const from = heap.address(packed) + 4 * third * width;
        heap.view(heap.address(part), width).set(heap.view(from, width));
        return part;
      });
      return { query, value };
    },
  };
}
