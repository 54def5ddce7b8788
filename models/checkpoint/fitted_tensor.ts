import type { ClipGeometry, ParameterSpec } from "@videoms/core";
import { inflated } from "./image_layout.ts";
import {
  fromPyTorchTensor,
  isPositions,
  pytorchShape,
  type PyTorchTensor,
} from "./pytorch_layout.ts";
import { resizedPositions, type StoredClips } from "./resized_positions.ts";

const PATCHES = "encoder.patchEmbedding.weight";

/** Whether a shape is that of a patch embedding of images, [D, 3, P, P] for [D, 3, u, P, P]. */
function isOfImages({ name }: ParameterSpec, shape: readonly number[]): boolean {
  return name === PATCHES && shape.length === 4;
}

/** Whether a stored tensor can be made one of a network's: it has its shape, or is resized or inflated to it. */
export function canFit(
  spec: ParameterSpec,
  shape: readonly number[],
  geometry: ClipGeometry,
): boolean {
  if (isPositions(spec.name)) return shape.length === 3 && shape[2] === spec.shape[1];
  const own = pytorchShape(spec, geometry);
  return shape.join() === (isOfImages(spec, shape) ? own.toSpliced(2, 1) : own).join();
}

/**
 * A stored tensor's values in our layout, for the clips in use: learned positions are resized, and the patch embedding
 * of images is inflated.
 *
 * @param clips those of the model that it is of
 * @throws {RangeError} if it has another shape
 */
export function fittedTensor(
  spec: ParameterSpec,
  tensor: PyTorchTensor,
  geometry: ClipGeometry,
  clips: StoredClips,
): Float32Array {
  const { shape, values } = tensor;
  if (isPositions(spec.name)) {
    return resizedPositions(spec.name, values, spec.shape[1], geometry, clips);
  }
  const isImage = isOfImages(spec, shape);
  const whole = isImage
    ? { shape: pytorchShape(spec, geometry), values: inflated(values, shape, geometry.tubeletSize) }
    : tensor;
  return fromPyTorchTensor(spec, whole, geometry);
}

/** The clips of a model whose weights are stored; those of an image have one tubelet. */
export function storedClips(
  tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>,
  sources: ReadonlyMap<string, string>,
  { tubeletSize }: ClipGeometry,
  clips: StoredClips,
): StoredClips {
  const isImage = tensors.get(sources.get(PATCHES) ?? "")?.shape.length === 4;
  return isImage ? { imageSize: clips.imageSize, frames: tubeletSize } : clips;
}
