import { openSafetensors } from "./lazy_safetensors.ts";
import { openLegacyWeights } from "./pytorch/legacy_weights.ts";
import { openZipWeights } from "./pytorch/zip_weights.ts";
import { refuse, shown } from "./refuse.ts";
import type { ByteSource, ChooseDictionary, WeightFile } from "./weight_file.ts";

/** A file's format, from its first 9 bytes. */
function formatOf(start: Uint8Array): "safetensors" | "zip" | "legacy" | undefined {
  if (start[0] === 0x50 && start[1] === 0x4b && start[2] === 3 && start[3] === 4) return "zip";
  if (start[8] === 0x7b) return "safetensors"; // the header's "{" after its length
  if (start[0] === 0x80) return "legacy"; // first byte of a pickle
}

/**
 * Opens a weight file: safetensors or PyTorch (both formats of `torch.save`). Tensors are read lazily.
 *
 * A PyTorch file contains a pickle, and pickles can run programs in Python. Nothing is run here: names in the
 * pickle are only compared with the few that describe tensors. Objects of other classes
 * (`argparse.Namespace`, numpy scalars) are skipped and listed in {@link WeightFile.ignored}; a file that
 * names functions that run programs (`os`, `subprocess`, `eval`) is rejected as malicious. Sizes, counts and
 * offsets are checked before use.
 *
 * @param source the file; the format is detected from its content
 * @param choose chooses among a PyTorch file's dictionaries of tensors; by default the usual one: `model`,
 * `module`, `state_dict`, recursively, or the only one
 * @throws {TypeError} if the file is malformed or has another format
 *
 * @example
 * ```ts
 * import { memoryBytes, readWeightFile, writeSafetensors } from "@videoms/core";
 * const values = Float32Array.of(1, 2);
 * const parts = writeSafetensors(new Map([["fc.bias", { shape: [2], values }]]));
 * const bytes = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
 * const { tensors } = await readWeightFile(memoryBytes(bytes, "small.safetensors"));
 * const read = await tensors.get("fc.bias")!.read();
 * console.assert(new Float32Array(read.buffer)[1] === 2);
 * ```
 */
export async function readWeightFile(
  source: ByteSource,
  choose?: ChooseDictionary,
): Promise<WeightFile> {
  const start = await source.read(0, Math.min(source.size, 9));
  switch (formatOf(start)) {
    case "zip":
      return await openZipWeights(source, choose);
    case "legacy":
      return await openLegacyWeights(source, choose);
    case "safetensors":
      return await openSafetensors(source);
  }
  const text = new TextDecoder().decode(start);
  const rule = "it must be a safetensors or PyTorch file";
  refuse("weights", source.name, `${rule}, got one that starts with ${shown(text)}`);
}
