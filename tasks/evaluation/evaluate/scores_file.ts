import { createHash } from "node:crypto";
import {
  floatValues,
  integerValues,
  joinRows,
  readSafetensors,
  type Safetensors,
  type StoredTensor,
  storedTensor,
  writeSafetensors,
} from "@videoms/core";
import { writeAtomically } from "@videoms/data/files";
import { viewPlaces, type ViewScores } from "@videoms/models";

/** Says in a file's metadata what it is; a new number whenever the contents change. */
const FORMAT = "videoms view scores 1";

/** What the metadata say beside the tensors. */
type Index = Omit<ViewScores, "entries">;

/** Sorts entries into the order of the views, so that equal scores are equal files. */
function inOrder(scores: ViewScores): Pick<ViewScores, "entries" | "failed"> {
  const { entries, failed, classes: { length: classes } } = scores;
  const places = viewPlaces(scores).filter((place) => place >= 0);
  const byView = (values: Int32Array) => Int32Array.from(places, (place) => values[place]);
  const logits = Array.from(
    places,
    (place) => entries.logits.subarray(place * classes, (place + 1) * classes),
  );
  return {
    entries: {
      row: byView(entries.row),
      segment: byView(entries.segment),
      crop: byView(entries.crop),
      logits: joinRows(Float32Array, logits),
    },
    failed: failed.toSorted((a, b) => a.row - b.row || a.segment - b.segment || a.crop - b.crop),
  };
}

function hashOf(index: string, tensors: Iterable<StoredTensor>): string {
  const hash = createHash("sha256").update(index);
  for (const { bytes } of tensors) hash.update(bytes);
  return hash.digest("hex");
}

/**
 * The bytes of a score file: safetensors with float32 `logits` [R, classes], int32 `row`, `segment` and
 * `crop` [R], and everything else as JSON in its metadata.
 *
 * @throws {RangeError} if a view was not planned or is there twice
 */
export function encodeScores(scores: ViewScores): Uint8Array[] {
  const { entries, failed } = inOrder(scores);
  const { facts, classes, segments, crops, videos } = scores;
  const count = entries.row.length;
  const tensors = new Map([
    ["logits", storedTensor(entries.logits, [count, classes.length])],
    ["row", storedTensor(entries.row, [count])],
    ["segment", storedTensor(entries.segment, [count])],
    ["crop", storedTensor(entries.crop, [count])],
  ]);
  const fields: Index = { facts, classes, segments, crops, videos, failed };
  const index = JSON.stringify(fields);
  const sha256 = hashOf(index, tensors.values());
  return writeSafetensors(tensors, { format: FORMAT, index, sha256 });
}

/** Writes a score file, whole or not at all. */
export async function writeScores(path: string, scores: ViewScores): Promise<void> {
  await writeAtomically(path, encodeScores(scores));
}

function fail(path: string, rule: string): never {
  throw new Error(`Cannot read view scores "${path}": ${rule}`);
}

/** Checks what the hash cannot vouch for: files that other programs made. */
function checkIndex(index: Index, path: string): void {
  const { facts, classes, videos, failed } = index;
  const isObject = typeof facts === "object" && facts !== null;
  if (!isObject || ![classes, videos, failed].every(Array.isArray) || classes.length === 0) {
    fail(path, "its index must have facts, classes, videos and failed views");
  }
  for (const name of ["segments", "crops"] as const) {
    if (!Number.isSafeInteger(index[name]) || index[name] < 1) {
      fail(path, `${name} must be a whole number from 1, got ${index[name]}`);
    }
  }
  videos.forEach(({ path: video, label }, row) => {
    const known = Number.isSafeInteger(label) && label >= 0 && label < classes.length;
    if (typeof video === "string" && known) return;
    fail(
      path,
      `row ${row} must have a path and a label below ${classes.length}, got ${video} and ${label}`,
    );
  });
}

/** The tensors of a file, of the types and shapes that they must have. */
function parseEntries(
  { tensors }: Safetensors,
  classes: number,
  path: string,
): ViewScores["entries"] {
  const count = tensors.get("row")?.shape[0] ?? 0;
  const tensor = (name: string, type: string, ...shape: number[]): StoredTensor => {
    const found = tensors.get(name);
    const got = found ? `${found.type} [${found.shape}]` : "none";
    const wanted = `${type} [${shape}]`;
    if (got !== wanted) fail(path, `tensor "${name}" must be ${wanted}, got ${got}`);
    return found!;
  };
  return {
    row: integerValues(tensor("row", "I32", count)),
    segment: integerValues(tensor("segment", "I32", count)),
    crop: integerValues(tensor("crop", "I32", count)),
    logits: floatValues(tensor("logits", "F32", count, classes)),
  };
}

/**
 * Reads the bytes of a score file.
 *
 * @param path name for messages
 * @throws {Error} if they are damaged or something else
 */
export function decodeScores(bytes: Uint8Array, path: string): ViewScores {
  let file: Safetensors;
  try {
    file = readSafetensors(bytes, path);
  } catch (error) {
    fail(path, `it must be a whole score file, got: ${(error as Error).message}`);
  }
  const { format, index: text = "", sha256 } = file.metadata;
  if (format !== FORMAT) {
    fail(
      path,
      `its format must be "${FORMAT}", got ${format === undefined ? "none" : `"${format}"`}`,
    );
  }
  if (hashOf(text, file.tensors.values()) !== sha256) {
    fail(path, "its contents must have the SHA-256 that they were saved with; the file is damaged");
  }
  const index: Index = JSON.parse(text);
  checkIndex(index, path);
  const scores: ViewScores = {
    ...index,
    entries: parseEntries(file, index.classes.length, path),
  };
  const bad = scores.entries.logits.findIndex((score) => !Number.isFinite(score));
  if (bad >= 0) fail(path, `scores must be finite, got ${scores.entries.logits[bad]}`);
  try {
    viewPlaces(scores);
  } catch (error) {
    fail(path, (error as Error).message);
  }
  return scores;
}

/**
 * Reads a score file.
 *
 * @throws {Deno.errors.NotFound} if there is none
 * @throws {Error} if it is damaged or something else
 */
export async function readScores(path: string): Promise<ViewScores> {
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Deno.errors.NotFound(`Cannot read view scores "${path}": there must be such a file`);
  }
  return decodeScores(bytes, path);
}
