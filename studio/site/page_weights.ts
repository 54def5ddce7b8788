import { readSafetensors, type StoredTensor, writeSafetensors } from "@videoms/core";

/**
 * The weights of a checkpoint without what only training needs, as a file for a page.
 *
 * @param path of the checkpoint, for messages
 * @param average take the average of the weights, beside the weights
 * @throws {TypeError} if the bytes are not a well-formed safetensors file
 */
export function pageWeights(
  bytes: Uint8Array,
  path: string,
  average: boolean,
): Uint8Array<ArrayBuffer> {
  const { tensors } = readSafetensors(bytes, path);
  const isWanted = (name: string) =>
    !name.startsWith("optimizer.") && name.startsWith("average.") === average;
  const own = new Map<string, StoredTensor>([...tensors].filter(([name]) => isWanted(name)));
  const parts = writeSafetensors(own);
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
