import { floatValues, type WeightTensor } from "@videoms/core";
import { bareName } from "./tensor_names.ts";
import { positionTable } from "../vit/positions.ts";

/** Tolerance between stored and computed tables: float16 is accurate to 5e-4 near 1. */
const TOLERANCE = 1e-3;

/** Weights without position tables. */
export interface UnplacedWeights {
  /** The other tensors. */
  tensors: ReadonlyMap<string, WeightTensor>;
  /** Notes on the removed tables. */
  notes: readonly string[];
}

/**
 * Removes position tables from weights, since they are computed for the clips in use.
 *
 * @throws {RangeError} if they are not sine-cosine tables: learned position embeddings are not supported
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
        `Cannot load weights ${path}: position embeddings must be the fixed sine-cosine table, got ` +
          `others in "${name}" [${shape}]`,
      );
    }
    notes.push(
      `ignored: ${name} [${shape}] (the sine-cosine table of ${tokens} tokens, computed for the clips in use)`,
    );
  }
  return { tensors: others, notes };
}
