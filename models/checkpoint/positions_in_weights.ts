import { type Descriptor, floatValues, gridOf, type WeightTensor } from "@videoms/core";
import { learned } from "../positions/learned.ts";
import type { Positions } from "../positions/positions.ts";
import { rotary } from "../positions/rotary.ts";
import { separableSineCosine } from "../positions/separable_sine_cosine.ts";
import { sineCosine } from "../positions/sine_cosine.ts";
import { storedGrids } from "./resized_positions.ts";
import { bareName } from "./tensor_names.ts";

/** Tolerance between stored and computed tables: float16 is accurate to 5e-4 near 1. */
const TOLERANCE = 1e-3;

/** Weights without tables of positions that are computed for the clips in use. */
export interface UnplacedWeights {
  /** The other tensors, learned positions among them. */
  tensors: ReadonlyMap<string, WeightTensor>;
  /** The positions of the model; null where nothing in the weights tells. */
  positions: Descriptor<"positions"> | null;
  /** Notes on the removed tables. */
  notes: readonly string[];
}

/** The fixed tables that a stored one is compared with. */
const FIXED: readonly (readonly [Descriptor<"positions">, Positions])[] = [
  [sineCosine(), sineCosine.create({})],
  ...[true, false].map((uniform) =>
    [separableSineCosine({ uniform }), separableSineCosine.create({ uniform })] as const
  ),
];

/** The fixed positions whose table is stored; undefined if there are none. */
function fixedPositions(stored: Float32Array, width: number): Descriptor<"positions"> | undefined {
  const tokens = stored.length / width;
  for (const [descriptor, { name, table }] of FIXED) {
    const separable = width % 8 === 0 ? storedGrids(tokens) : [];
    for (const grid of name === "sine-cosine" ? [gridOf(1, 1, tokens)] : separable) {
      const own = table!(grid, width);
      if (stored.every((value, i) => Math.abs(value - own[i]) <= TOLERANCE)) return descriptor;
    }
  }
}

/**
 * What positions weights have: tables that are fixed are removed, since they are computed for the clips in use.
 *
 * @param tensors under PyTorch's names
 * @param isVjepa whether they are V-JEPA's, whose positions are rotary where none are stored
 */
export async function positionsInWeights(
  tensors: ReadonlyMap<string, WeightTensor>,
  isVjepa: boolean,
): Promise<UnplacedWeights> {
  const others = new Map<string, WeightTensor>();
  const notes: string[] = [];
  let positions: Descriptor<"positions"> | null = isVjepa ? rotary() : null;
  for (const [name, tensor] of tensors) {
    const bare = bareName(name);
    if (/^pos_embed_(spatial|temporal)$/.test(bare)) positions = learned();
    if (!/^(decoder\.)?pos_embed$/.test(bare)) {
      others.set(name, tensor);
      continue;
    }
    const { type, shape } = tensor;
    const width = shape.at(-1) ?? 1;
    const stored = floatValues({ type, shape, bytes: await tensor.read() });
    const fixed = fixedPositions(stored, width);
    if (!bare.startsWith("decoder.")) positions = fixed ?? learned({ separate: false });
    if (!fixed) {
      others.set(name, tensor);
      continue;
    }
    const tokens = stored.length / width;
    notes.push(
      `ignored: ${name} [${shape}] (the ${fixed.name} table of ${tokens} tokens, computed for the clips in use)`,
    );
  }
  return { tensors: others, positions, notes };
}
