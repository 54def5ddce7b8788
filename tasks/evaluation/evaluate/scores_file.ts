import { createHash } from "node:crypto";
import {
  readSafetensors,
  type Safetensors,
  type StoredTensor,
  writeSafetensors,
} from "@videoms/core";
import { ifThere, writeAtomically } from "@videoms/data/files";
import { scoresOf, scoreTensors, type ViewScores } from "@videoms/models";

/** Says in a file's metadata what it is; a new number whenever the contents change. */
const FORMAT = "videoms view scores 1";

function hashOf(index: string, tensors: Iterable<StoredTensor>): string {
  const hash = createHash("sha256").update(index);
  for (const { bytes } of tensors) hash.update(bytes);
  return hash.digest("hex");
}

/**
 * The bytes of a score file: safetensors, and everything that is no tensor as JSON in its metadata.
 *
 * @throws {RangeError} if a view was not planned or is there twice
 */
export function encodeScores(scores: ViewScores): Uint8Array[] {
  const { tensors, index: fields } = scoreTensors(scores);
  const index = JSON.stringify(fields);
  const sha256 = hashOf(index, tensors.values());
  return writeSafetensors(tensors, { format: FORMAT, index, sha256 });
}

/** Writes a score file, whole or not at all. */
export async function writeScores(path: string, scores: ViewScores): Promise<void> {
  await writeAtomically(path, encodeScores(scores));
}

function checkedIndex({ metadata, tensors }: Safetensors) {
  const { format, index = "", sha256 } = metadata;
  if (format !== FORMAT) {
    const got = format === undefined ? "none" : `"${format}"`;
    throw new TypeError(`its format must be "${FORMAT}", got ${got}`);
  }
  if (hashOf(index, tensors.values()) !== sha256) {
    throw new TypeError(
      "its contents must have the SHA-256 that they were saved with; the file is damaged",
    );
  }
  return JSON.parse(index);
}

/**
 * Reads the bytes of a score file.
 *
 * @param path name for messages
 * @throws {Error} if they are damaged or something else
 */
export function decodeScores(bytes: Uint8Array, path: string): ViewScores {
  const refuse = (rule: string): never => {
    throw new Error(`Cannot read view scores "${path}": ${rule}`);
  };
  const reason = (error: unknown) => (error as Error).message;
  let file: Safetensors;
  try {
    file = readSafetensors(bytes, path);
  } catch (error) {
    return refuse(`it must be a whole score file, got: ${reason(error)}`);
  }
  try {
    return scoresOf(file.tensors, checkedIndex(file));
  } catch (error) {
    return refuse(reason(error));
  }
}

/**
 * Reads a score file.
 *
 * @throws {Error} if it is damaged, something else or not there
 */
export async function readScores(path: string): Promise<ViewScores> {
  const bytes = await ifThere(Deno.readFile(path));
  if (bytes) return decodeScores(bytes, path);
  throw new Error(`Cannot read view scores "${path}": there must be such a file`);
}
