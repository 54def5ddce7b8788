import { openSafetensors } from "./lazy_safetensors.ts";
import { openLegacyWeights } from "./pytorch/legacy_weights.ts";
import { openZipWeights } from "./pytorch/zip_weights.ts";
import { refuse, shown } from "./refuse.ts";
import type { ByteSource, ChooseDictionary, WeightFile } from "./weight_file.ts";

/** What the first 9 bytes say of a file's format. */
function formatOf(start: Uint8Array): "safetensors" | "zip" | "legacy" | undefined {
  if (start[0] === 0x50 && start[1] === 0x4b && start[2] === 3 && start[3] === 4) return "zip";
  if (start[8] === 0x7b) return "safetensors"; // the header's "{" after its length
  if (start[0] === 0x80) return "legacy"; // how a pickle starts
}

/**
 * Opens a file of weights: safetensors, or what `torch.save` writes (both of its formats). Tensors
 * are read when asked for.
 *
 * A PyTorch file holds a pickle, and pickles can run programs in Python. None is run here: names
 * in the pickle are compared with the few that describe tensors, and nothing is looked up by them,
 * imported or called. Objects of other classes (`argparse.Namespace`, numpy's numbers) are passed
 * over and listed in {@link WeightFile.ignored}; a file that names what runs programs (`os`,
 * `subprocess`, `eval`) is refused, since it was made to harm. Sizes, counts and places of a file
 * are checked before they are used.
 *
 * @param source the file; its name is for messages only, the format is told by content
 * @param choose which of a PyTorch file's dictionaries of tensors is read; without it the usual one:
 * `model`, `module`, `state_dict`, again inside it, or the only one there is
 * @throws {TypeError} if the file is malformed or of another format, in one sentence
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
  const rule = "it must be a file of safetensors or of torch.save";
  refuse("weights", source.name, `${rule}, got one that starts with ${shown(text)}`);
}
