import {
  type ClipGeometry,
  floatValues,
  type HostTensors,
  type ParameterSpec,
  readSafetensors,
  type StoredTensor,
} from "@videoms/core";
import { fromPyTorch, type NetworkKind, type PyTorchTensor } from "../checkpoint/pytorch_layout.ts";
import type { StackOptions } from "../vit/blocks.ts";
import { type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";

/** A recorded run of the PyTorch implementation: weights, inputs and outputs. */
export interface GoldenCase {
  name: string;
  metadata: Readonly<Record<string, string>>;
  tensors: ReadonlyMap<string, StoredTensor>;
}

/** Parses a case; null if the file contains no recorded training. */
export function parseGoldenCase(bytes: Uint8Array, name: string): GoldenCase | null {
  const { tensors, metadata } = readSafetensors(bytes, name);
  return metadata.kind === undefined ? null : { name, metadata, tensors };
}

/**
 * A number of a case's metadata.
 *
 * @throws {RangeError} if it is missing or not a number
 */
export function metadataNumber({ name, metadata }: GoldenCase, key: string): number {
  const value = Number(metadata[key] ?? NaN);
  if (!Number.isFinite(value)) {
    throw new RangeError(
      `Cannot compare with ${name}: metadata "${key}" must be a number, got ${metadata[key]}`,
    );
  }
  return value;
}

/**
 * A tensor of a case as float32.
 *
 * @throws {RangeError} if it is missing
 */
export function goldenTensor({ name, tensors }: GoldenCase, key: string): PyTorchTensor {
  const tensor = tensors.get(key);
  if (!tensor) {
    throw new RangeError(`Cannot compare with ${name}: it must have a tensor "${key}", got none`);
  }
  return { shape: tensor.shape, values: floatValues(tensor) };
}

/** A network's tensors in a case, below a prefix (`param.`, `grad.`, `after.`). */
export function goldenParameters(
  golden: GoldenCase,
  prefix: string,
  specs: readonly ParameterSpec[],
  geometry: ClipGeometry,
  network: NetworkKind,
): HostTensors {
  const stored = new Map<string, PyTorchTensor>();
  for (const key of golden.tensors.keys()) {
    if (key.startsWith(prefix)) stored.set(key.slice(prefix.length), goldenTensor(golden, key));
  }
  return fromPyTorch(specs, stored, geometry, network);
}

/** The geometry of a case's clips. */
export function goldenGeometry(golden: GoldenCase): ClipGeometry {
  return {
    frames: metadataNumber(golden, "num_frames"),
    tubeletSize: metadataNumber(golden, "tubelet_size"),
    imageSize: metadataNumber(golden, "image_size"),
    patchSize: metadataNumber(golden, "patch_size"),
  };
}

/** A case's clips, from channels first [B, 3, T, H, W] to pixels [B, T, H, W, 3]. */
export function goldenPixels(golden: GoldenCase): { pixels: Uint8Array; batch: number } {
  const tensor = golden.tensors.get("input.videos_u8");
  if (!tensor) {
    throw new RangeError(
      `Cannot compare with ${golden.name}: it must have a tensor "input.videos_u8", got none`,
    );
  }
  const [batch, channels, ...rest] = tensor.shape;
  const perChannel = rest.reduce((product, side) => product * side, 1);
  const pixels = new Uint8Array(tensor.bytes.length);
  for (let b = 0; b < batch; b++) {
    for (let c = 0; c < channels; c++) {
      const from = (b * channels + c) * perChannel;
      const to = b * channels * perChannel + c;
      for (let i = 0; i < perChannel; i++) pixels[to + i * channels] = tensor.bytes[from + i];
    }
  }
  return { pixels, batch };
}

/** Indices of the ones in each row of a 0/1 tensor [B, N], ascending. */
export function indicesOfOnes({ shape, values }: PyTorchTensor): Int32Array[] {
  const [batch, tokens] = shape;
  return Array.from({ length: batch }, (_, b) => {
    const row = values.subarray(b * tokens, (b + 1) * tokens);
    return Int32Array.from([...row.keys()].filter((n) => row[n] !== 0));
  });
}

/** Rows of equal length as an int32 tensor [B, K]. */
export function indexTensor(rows: readonly Int32Array[]): Tensor2D {
  return tensor2d(rows.flatMap((row) => [...row]), [rows.length, rows[0].length], "int32");
}

/** The encoder or decoder of a case. */
export function goldenStack(golden: GoldenCase, part: "encoder" | "decoder"): StackOptions {
  const number = (key: string) => metadataNumber(golden, key);
  const prefix = part === "decoder" ? "decoder_" : "";
  return {
    width: number(`${prefix}embed_dim`),
    depth: number(`${prefix}depth`),
    heads: number(`${prefix}num_heads`),
    mlpRatio: number("mlp_ratio"),
    normEpsilon: number("layer_norm_eps"),
  };
}
