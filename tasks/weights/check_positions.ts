import { floatValues, type WeightTensor } from "@videoms/core";
import { bareName, positionTable } from "@videoms/models";

/** The largest difference of a stored table from the computed one: float16 is good to 5e-4 of 1. */
const TOLERANCE = 1e-3;

/**
 * Checks that position tables among the weights are what is computed here: those of the sine-cosine
 * kind, for however many tokens. Positions that were learned have no place in this model.
 *
 * @throws {RangeError} if there are others
 */
export async function checkPositions(
  tensors: ReadonlyMap<string, WeightTensor>,
  path: string,
): Promise<void> {
  for (const [name, tensor] of tensors) {
    if (!/^(decoder\.)?pos_embed$/.test(bareName(name))) continue;
    const width = tensor.shape.at(-1)!;
    const bytes = await tensor.read();
    const stored = floatValues({ type: tensor.type, shape: tensor.shape, bytes });
    const table = positionTable(stored.length / width, width);
    if (stored.every((value, i) => Math.abs(value - table[i]) <= TOLERANCE)) continue;
    throw new RangeError(
      `Cannot start from ${path}: positions must be the sine-cosine table, which is computed, got ` +
        `learned ones in "${name}" [${tensor.shape}]`,
    );
  }
}
