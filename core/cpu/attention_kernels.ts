import type { Tensor3D } from "@tensorflow/tfjs-core";
import type { Kernels } from "../ops/kernels/kernels.ts";
import { checkShape } from "./check_shape.ts";
import type { Heap } from "./heap.ts";
import type { MatMul, Matrix } from "./matmul.ts";
import type { SimdKernels } from "./simd/simd_kernels.ts";

/** Sizes of an attention over packed qkv [B, N, 3D]. */
interface Sizes {
  batch: number;
  tokens: number;
  /** D. */
  width: number;
  /** d = D/heads. */
  headWidth: number;
  /** Values from one row of scores to the next: N rounded up to a multiple of four. */
  stride: number;
}

function sizesOf(qkv: Tensor3D, heads: number): Sizes {
  const [batch, tokens, packed] = qkv.shape;
  const width = packed / 3;
  if (packed % (3 * heads) !== 0) {
    throw new RangeError(
      `Cannot split into heads: the packed width must be a multiple of 3 × heads, ` +
        `got ${packed} and ${heads} heads`,
    );
  }
  return { batch, tokens, width, headWidth: width / heads, stride: (tokens + 3) & ~3 };
}

/** Calls `visit` for each head with the offset, in values, of its columns in packed and plain rows. */
function eachHead(
  { batch, tokens, width, headWidth }: Sizes,
  heads: number,
  visit: (packed: number, plain: number, head: number) => void,
): void {
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const first = b * tokens * width;
      visit(3 * first + h * headWidth, first + h * headWidth, b * heads + h);
    }
  }
}

const BYTES = 4;

/**
 * {@linkcode Kernels.attention} and its gradient on the heap. Queries, keys and values are read where
 * they lie in the packed rows and gradients are written there: nothing is transposed. The
 * probabilities [B, heads, N, N rounded up] are saved for the gradient.
 */
export function attentionKernels(
  heap: Heap,
  simd: SimdKernels,
  matMul: MatMul,
): Pick<Kernels, "attention" | "attentionGradient"> {
  return {
    attention(qkv, heads) {
      const sizes = sizesOf(qkv, heads);
      const { batch, tokens, width, headWidth, stride } = sizes;
      const y = heap.tensor<Tensor3D>([batch, tokens, width]);
      const saved = heap.tensor([batch, heads, tokens, stride]);
      const [atQkv, atY, atSaved] = [heap.address(qkv), heap.address(y), heap.address(saved)];
      eachHead(sizes, heads, (packed, plain, head) => {
        const [q, k, v] = thirds(atQkv + BYTES * packed, width);
        const scores = { at: atSaved + BYTES * head * tokens * stride, stride };
        const scoreSizes = { m: tokens, n: tokens, k: headWidth };
        matMul(scoreSizes, q, { ...k, transposed: true }, scores);
        simd.softmax(scores.at, tokens, tokens, stride, headWidth ** -0.5);
        const mixed = { at: atY + BYTES * plain, stride: width };
        matMul({ m: tokens, n: headWidth, k: tokens }, scores, v, mixed);
      });
      return { y, saved };
    },

    attentionGradient(qkv, heads, _y, saved, dy) {
      const sizes = sizesOf(qkv, heads);
      const { batch, tokens, width, headWidth, stride } = sizes;
      checkShape("saved", saved, [batch, heads, tokens, stride]);
      checkShape("dy", dy, [batch, tokens, width]);
      const dQkv = heap.tensor<Tensor3D>(qkv.shape);
      const scratch = heap.tensor([tokens, stride]);
      const [atQkv, atSaved] = [heap.address(qkv), heap.address(saved)];
      const [atDy, atDQkv] = [heap.address(dy), heap.address(dQkv)];
      const dScores = { at: heap.address(scratch), stride };
      const byScores = { m: tokens, n: headWidth, k: tokens };
      eachHead(sizes, heads, (packed, plain, head) => {
        const [q, k, v] = thirds(atQkv + BYTES * packed, width);
        const [dq, dk, dv] = thirds(atDQkv + BYTES * packed, width);
        const scores = { at: atSaved + BYTES * head * tokens * stride, stride };
        const dOut = { at: atDy + BYTES * plain, stride: width };
        matMul(byScores, { ...scores, transposed: true }, dOut, dv);
        matMul({ m: tokens, n: tokens, k: headWidth }, dOut, { ...v, transposed: true }, dScores);
        simd.softmaxGradient(scores.at, dScores.at, tokens, tokens, stride, headWidth ** -0.5);
        matMul(byScores, dScores, k, dq);
        matMul(byScores, { ...dScores, transposed: true }, q, dk);
      });
      scratch.dispose();
      return dQkv;
    },
  };
}

/** q, k and v of one head, from the address of its q in packed rows of three times `width`. */
function thirds(at: number, width: number): [Matrix, Matrix, Matrix] {
  const stride = 3 * width;
  return [
    { at, stride },
    { at: at + BYTES * width, stride },
    { at: at + 2 * BYTES * width, stride },
  ];
}
