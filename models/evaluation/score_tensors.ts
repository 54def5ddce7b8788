import {
  floatValues,
  integerValues,
  joinRows,
  type Safetensors,
  type StoredTensor,
  storedTensor,
} from "@videoms/core";
import { viewPlaces, type ViewScores } from "./view_scores.ts";

/** What a score file says beside its tensors. */
export type ScoreIndex = Omit<ViewScores, "entries">;

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

/**
 * Scores as the tensors of a file: float32 `logits` [R, classes], int32 `row`, `segment` and `crop` [R], and
 * the rest as plain data.
 *
 * @throws {RangeError} if a view was not planned or is there twice
 */
export function scoreTensors(
  scores: ViewScores,
): { tensors: Map<string, StoredTensor>; index: ScoreIndex } {
  const { entries, failed } = inOrder(scores);
  const { facts, classes, targets, segments, crops, videos } = scores;
  const count = entries.row.length;
  const tensors = new Map([
    ["logits", storedTensor(entries.logits, [count, classes.length])],
    ["row", storedTensor(entries.row, [count])],
    ["segment", storedTensor(entries.segment, [count])],
    ["crop", storedTensor(entries.crop, [count])],
  ]);
  const index = { facts, classes, ...targets ? { targets } : {}, segments, crops, videos, failed };
  return { tensors, index };
}

function fail(rule: string): never {
  throw new RangeError(rule);
}

/** Checks plain data that another program may have made. */
function checkIndex(index: ScoreIndex): void {
  const { facts, classes, videos, failed } = index;
  const isObject = typeof facts === "object" && facts !== null;
  if (!isObject || ![classes, videos, failed].every(Array.isArray) || classes.length === 0) {
    fail("its index must have facts, classes, videos and failed views");
  }
  for (const name of ["segments", "crops"] as const) {
    if (!Number.isSafeInteger(index[name]) || index[name] < 1) {
      fail(`${name} must be a whole number from 1, got ${index[name]}`);
    }
  }
  videos.forEach(({ path: video, label }, row) => {
    const known = Number.isSafeInteger(label) && label >= 0 && label < classes.length;
    if (typeof video === "string" && known) return;
    fail(
      `row ${row} must have a path and a label below ${classes.length}, got ${video} and ${label}`,
    );
  });
}

/** The tensors of a file, of the types and shapes that they must have. */
function parseEntries(
  { tensors }: Pick<Safetensors, "tensors">,
  classes: number,
): ViewScores["entries"] {
  const count = tensors.get("row")?.shape[0] ?? 0;
  const tensor = (name: string, type: string, ...shape: number[]): StoredTensor => {
    const found = tensors.get(name);
    const got = found ? `${found.type} [${found.shape}]` : "none";
    const wanted = `${type} [${shape}]`;
    if (got !== wanted) fail(`tensor "${name}" must be ${wanted}, got ${got}`);
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
 * The scores of a file that {@linkcode scoreTensors} describes.
 *
 * @throws {RangeError} if something else is in it; says only what must be
 */
export function scoresOf(
  tensors: Safetensors["tensors"],
  index: ScoreIndex,
): ViewScores {
  checkIndex(index);
  const entries = parseEntries({ tensors }, index.classes.length);
  const bad = entries.logits.findIndex((score) => !Number.isFinite(score));
  if (bad >= 0) fail(`scores must be finite, got ${entries.logits[bad]}`);
  const scores = { ...index, entries };
  viewPlaces(scores);
  return scores;
}
