import { floatBytes, floatValues, type WeightTensor } from "@videoms/core";

/** Parts of names in which image transformers (MAE, DINO v2, timm) differ from VideoMAE. */
const RENAMED: readonly (readonly [RegExp, string])[] = [
  [/\.ls1\.gamma$/, ".gamma_1"],
  [/\.ls2\.gamma$/, ".gamma_2"],
  [/\.mlp\.w12\./, ".mlp.fc1."],
  [/\.mlp\.w3\./, ".mlp.fc2."],
  // MAE's decoder is called decoder_… throughout, and DINO v2 has a mask token for its encoder.
  [/^mask_token$/, "decoder_mask_token"],
];

/** Whether the tensors of a network are those of an image transformer. */
export function isOfImages(tensors: ReadonlyMap<string, WeightTensor>): boolean {
  return tensors.get("patch_embed.proj.weight")?.shape.length === 4;
}

async function valuesOf({ type, shape, read }: WeightTensor): Promise<Float32Array> {
  return floatValues({ type, shape, bytes: await read() });
}

function computed(shape: readonly number[], values: () => Promise<Float32Array>): WeightTensor {
  return { type: "F32", shape, read: async () => new Uint8Array(floatBytes(await values())) };
}

/**
 * Tensors of an image transformer under VideoMAE's names; values are read lazily. The class token, whose position is
 * the first, has it added. The patch embedding stays that of images.
 *
 * @param tensors under names without prefixes
 */
export function fromImages(
  tensors: ReadonlyMap<string, WeightTensor>,
): Map<string, WeightTensor> {
  const named = new Map([...tensors].map(([name, tensor]) => [
    RENAMED.reduce((own, [from, to]) => own.replace(from, to), name),
    tensor,
  ]));
  const [token, positions] = [named.get("cls_token"), named.get("pos_embed")];
  if (!token || !positions || positions.shape.length !== 3) return named;
  const [, rows, width] = positions.shape;
  // Images are square; without the class token's there is a row for each of their patches, as where this was done.
  if (!Number.isInteger(Math.sqrt(rows - 1))) return named;
  named.set(
    "cls_token",
    computed(token.shape, async () => {
      const first = await valuesOf(positions);
      return (await valuesOf(token)).map((value, i) => value + first[i]);
    }),
  );
  named.set(
    "pos_embed",
    computed([1, rows - 1, width], async () => (await valuesOf(positions)).slice(width)),
  );
  return named;
}

/**
 * The patch embedding of images for tubelets: each frame has an equal share of the weight, so that a clip that stands
 * still is embedded as its image (Carreira, Zisserman: arXiv 1705.07750).
 *
 * @param values row-major [D, 3, P, P]
 * @returns row-major [D, 3, u, P, P]
 */
export function inflated(
  values: Float32Array,
  [width, channels, side]: readonly number[],
  tubeletSize: number,
): Float32Array {
  const size = side * side;
  const out = new Float32Array(values.length * tubeletSize);
  for (let filter = 0; filter < width * channels; filter++) {
    const share = values.subarray(filter * size, (filter + 1) * size).map((one) =>
      one / tubeletSize
    );
    for (let frame = 0; frame < tubeletSize; frame++) {
      out.set(share, (filter * tubeletSize + frame) * size);
    }
  }
  return out;
}
