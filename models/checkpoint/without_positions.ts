import { floatValues, type WeightTensor } from "@videoms/core";
import { bareName } from "./tensor_names.ts";
import { positionTable } from "../vit/positions.ts";

/** The largest difference of a stored table from the computed one: float16 is good to 5e-4 of 1. */
const TOLERANCE = 1e-3;

/** Weights without tables of positions. */
export interface UnplacedWeights {
  /** The other tensors. */
  tensors: ReadonlyMap<string, WeightTensor>;
  /** What became of the tables, a sentence each. */
  notes: readonly string[];
}

/**
 * Takes position tables out of the weights, which are computed here for the clips at hand.
 *
 * @throws {RangeError} if they are not of the sine-cosine kind: positions that were learned have no
 * place in this model
 */
export async function withoutPositions(
  tensors: ReadonlyMap<string, WeightTensor>,
  path: string,
): Promise<UnplacedWeights> {
  const others = new Map<string, WeightTensor>();
  const notes: string[] = [];
  for (const [name, tensor] of tensors) {
    if (!/^(decoder\.)?pos_embed$/.test(bareName(name))) {
      others.set(name, tensor);
      continue;
    }
    const { type, shape } = tensor;
    const width = shape.at(-1) ?? 1;
    const stored = floatValues({ type, shape, bytes: await tensor.read() });
    const tokens = stored.length / width;
    const table = positionTable(tokens, width);
    if (!stored.every((value, i) => Math.abs(value - table[i]) <= TOLERANCE)) {
      throw new RangeError(
        `Cannot start from ${path}: positions must be the sine-cosine table, which is computed, got ` +
          `others in "${name}" [${shape}]`,
      );
    }
    notes.push(
      `ignored: ${name} [${shape}] (the sine-cosine table of ${tokens} tokens, computed for the clips at hand)`,
    );
  }
  return { tensors: others, notes };
}
