import { looseJson } from "./json_keys.ts";
import { refuse, shown } from "./refuse.ts";

/** A file name in the index's own folder: no path, not hidden, no drive. */
const PLAIN_NAME = /^[\w-][\w.-]*$/;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Parses Hugging Face's index of a model that is split into several files (`model.safetensors.index.json`,
 * `pytorch_model.bin.index.json`).
 *
 * @param json the index's text
 * @param name name for messages
 * @returns the file of each tensor: a plain file name in the index's folder
 * @throws {TypeError} if it is not such an index, or names a file elsewhere
 *
 * @example
 * ```ts
 * import { readShardedIndex } from "@videoms/core";
 * const json = '{ "weight_map": { "fc.weight": "model-00001-of-00002.safetensors" } }';
 * const files = readShardedIndex(json, "model.safetensors.index.json");
 * console.assert(files.get("fc.weight") === "model-00001-of-00002.safetensors");
 * ```
 */
export function readShardedIndex(json: string, name: string): Map<string, string> {
  const loose = looseJson(json, 4);
  if (loose) refuse("index", name, loose);
  let index: unknown;
  try {
    index = JSON.parse(json);
  } catch (error) {
    refuse("index", name, `it must be JSON, got ${shown((error as Error).message)}`);
  }
  const files = isRecord(index) ? index.weight_map : undefined;
  if (!isRecord(files)) {
    refuse("index", name, `it must have an object "weight_map", got ${shown(files)}`);
  }
  for (const [tensor, file] of Object.entries(files)) {
    if (typeof file !== "string" || !PLAIN_NAME.test(file)) {
      const rule = `the file of ${shown(tensor)} must be a plain file name`;
      refuse("index", name, `${rule}, got ${shown(file)}`);
    }
  }
  return new Map(Object.entries(files as Record<string, string>));
}
