import type { Tensor2D } from "@tensorflow/tfjs-core";

/** Whether the most or the least important tokens are kept. */
export type Keep = "most" | "least";

export const KEEPS: readonly Keep[] = ["most", "least"];

/** Unsigned 32-bit number that grows with the float32 whose bits are given. */
function sortableBits(bits: number): number {
  return (bits >>> 31 === 1 ? ~bits : bits | 0x80000000) >>> 0;
}

/**
 * Tokens by importance, descending (ascending to keep the least); equal ones by index, ascending, so
 * the order is the same on every machine.
 *
 * Importance and index are packed into one double, which a typed array sorts natively: 32 bits leave
 * room for 2²¹ tokens.
 *
 * @param importance one clip's, [N]
 * @returns the N token indices
 * @throws {RangeError} if an importance is not a number
 */
export function rankTokens(importance: Float32Array, keep: Keep): Int32Array {
  const tokens = importance.length;
  const values = importance.map((value) => value + 0); // −0 must tie with 0
  const bits = new Uint32Array(values.buffer);
  const keys = new Float64Array(tokens);
  for (let n = 0; n < tokens; n++) {
    if (Number.isNaN(values[n])) {
      throw new RangeError(
        `Cannot run token selection: importance must be a number, got NaN for token ${n}; ` +
          "the embeddings are not finite, so training has most likely diverged",
      );
    }
    const key = sortableBits(bits[n]);
    keys[n] = (keep === "most" ? 0xffffffff - key : key) * tokens + n;
  }
  return Int32Array.from(keys.sort(), (key) => key % tokens);
}

/**
 * The `count` most (or least) important tokens of each clip, in the order of {@linkcode rankTokens}. Runs on
 * the host; training selects on the device.
 *
 * @param importance float32 [B, N]
 * @returns for each clip, `count` token indices
 * @throws {RangeError} if an importance is not a number
 */
export async function informativeTokens(
  importance: Tensor2D,
  count: number,
  keep: Keep = "most",
): Promise<Int32Array[]> {
  const [batch, tokens] = importance.shape;
  const values = await importance.data() as Float32Array;
  return Array.from(
    { length: batch },
    (_, b) => rankTokens(values.subarray(b * tokens, (b + 1) * tokens), keep).slice(0, count),
  );
}
