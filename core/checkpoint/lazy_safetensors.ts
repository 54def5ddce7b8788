import { safetensorsHead } from "./safetensors.ts";
import { parseSafetensorsHeader, safetensorsHeaderLength } from "./safetensors_header.ts";
import type { ByteSource, WeightFile, WeightTensor } from "./weight_file.ts";

/** Maximum header size of a weight file in bytes: a ViT-L with its moments has 0.2 MB. */
const LONGEST_HEADER = 4_000_000;

/**
 * Reads the header of a safetensors file; tensors are read lazily.
 *
 * @throws {TypeError} if the file is not well-formed
 */
export async function openSafetensors(source: ByteSource): Promise<WeightFile> {
  const { name, size } = source;
  const start = await source.read(0, Math.min(8, size));
  const length = safetensorsHeaderLength(start, size, name, LONGEST_HEADER);
  const dataStart = 8 + length;
  const text = await source.read(8, length);
  const { entries, metadata } = parseSafetensorsHeader(text, size - dataStart, name);
  const tensors = new Map(entries.map((entry): [string, WeightTensor] => [entry.name, {
    type: entry.type,
    shape: entry.shape,
    read: () => source.read(dataStart + entry.start, entry.end - entry.start),
  }]));
  return { format: "safetensors", tensors, metadata, ignored: [] };
}

/**
 * The bytes of a safetensors file, part by part; one tensor is in memory at a time.
 *
 * @param metadata free text by key
 */
export async function* safetensorsFile(
  tensors: ReadonlyMap<string, WeightTensor>,
  metadata: Readonly<Record<string, string>>,
): AsyncGenerator<Uint8Array> {
  const entries = [...tensors].map(([name, { type, shape }]) => ({ name, type, shape }));
  yield safetensorsHead(entries, metadata);
  for (const tensor of tensors.values()) yield await tensor.read();
}
