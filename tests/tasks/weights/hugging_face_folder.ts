import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { readSafetensors, type StoredTensor, writeSafetensors } from "@videoms/core";
import { folder } from "../small_task.ts";

/** A small model of Hugging Face's VideoMAE, as `save_pretrained` writes one. */
export const huggingFace = fileURLToPath(new URL("../../golden/hf-videomae", import.meta.url));

/** A file of the golden weights, changed. */
export async function changed(
  name: string,
  change: (tensors: Map<string, StoredTensor>) => void,
): Promise<string> {
  const path = `${huggingFace}/model.safetensors`;
  const { tensors } = readSafetensors(await Deno.readFile(path), path);
  const copy = new Map(tensors);
  change(copy);
  await Deno.mkdir(`${folder}/${name}`, { recursive: true });
  const parts = writeSafetensors(copy) as BlobPart[];
  const out = `${folder}/${name}/model.safetensors`;
  await Deno.writeFile(out, new Uint8Array(await new Blob(parts).arrayBuffer()));
  return out;
}

/** The largest difference of two values at the same place. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  return Array.from(a).reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i])), 0);
}
