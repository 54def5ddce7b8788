import assert from "node:assert/strict";
import { readSafetensors, writeSafetensors } from "@videoms/core";
import type { ViewScores } from "@videoms/models";
import {
  decodeScores,
  encodeScores,
  readScores,
  writeScores,
} from "../../../tasks/evaluation/evaluate/scores_file.ts";
import { randomScores, scoresOfRows, shuffled } from "./random_scores.ts";

const FAILED = [
  { row: 4, segment: 2, crop: 1, error: "no frame 40" },
  { row: 2, segment: 0, crop: 0, error: "moov atom not found" },
];

function bytesOf(scores: ViewScores): Uint8Array {
  return Uint8Array.from(encodeScores(scores).flatMap((part) => [...part]));
}

Deno.test("scores are read back as they were, in the order of the views", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const scores = randomScores({ failed: FAILED });
    const path = `${folder}/scores.safetensors`;
    await writeScores(path, scores);
    const read = await readScores(path);
    const { entries, failed, ...index } = scores;
    const { entries: readEntries, failed: readFailed, ...readIndex } = read;
    assert.deepEqual(readIndex, index);
    assert.deepEqual(readFailed, failed.toReversed());
    assert.deepEqual([...readEntries.row], [...entries.row].sort((a, b) => a - b));
    // The whole of it once more: entries find back to their places.
    assert.deepEqual(bytesOf(read), bytesOf(scores));
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["scores.safetensors"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("equal scores are equal files, in whatever order they came", () => {
  const scores = randomScores({ failed: FAILED });
  const bytes = bytesOf(scores);
  for (const seed of [2, 3]) assert.deepEqual(bytesOf(shuffled(scores, seed)), bytes);
});

Deno.test("a file without a single score can be read, so that an evaluation goes on from it", () => {
  const nothing = scoresOfRows(randomScores(), []);
  const read = decodeScores(bytesOf(nothing), "empty");
  assert.equal(read.entries.logits.length, 0);
  assert.equal(read.videos.length, 11);
});

Deno.test("damaged files are refused", async () => {
  const bytes = bytesOf(randomScores());
  const refuse = (damaged: Uint8Array, message: RegExp) =>
    assert.throws(() => decodeScores(damaged, "s.safetensors"), message);
  refuse(bytes.subarray(0, bytes.length - 1), /"s\.safetensors": it must be a whole score file/);
  refuse(new Uint8Array(0), /it must be a whole score file, got: .* at least 8 bytes/);
  const inText = new TextDecoder("latin1").decode(bytes).indexOf("videos/7");
  for (const place of [bytes.length - 1, inText]) {
    const flipped = bytes.slice();
    flipped[place] ^= 1;
    refuse(flipped, /SHA-256 that they were saved with; the file is damaged/);
  }
  await assert.rejects(readScores("/nowhere/s.safetensors"), /must be such a file/);
});

Deno.test("files that are something else are refused", () => {
  const weights = writeSafetensors(new Map([["a", { shape: [1], values: Float32Array.of(1) }]]));
  const bytes = Uint8Array.from(weights.flatMap((part) => [...part]));
  assert.throws(() => decodeScores(bytes, "w"), /its format must be "videoms .*", got none/);
  const newer = readSafetensors(bytesOf(randomScores()));
  const parts = writeSafetensors(newer.tensors, {
    ...newer.metadata,
    format: "videoms view scores 99",
  });
  const other = Uint8Array.from(parts.flatMap((part) => [...part]));
  assert.throws(() => decodeScores(other, "w"), /scores 1", got "videoms view scores 99"/);
});

Deno.test("scores that contradict themselves are refused, though whole", () => {
  const scores = randomScores();
  const { entries } = scores;
  const refuse = (wrong: ViewScores, message: RegExp) =>
    assert.throws(() => decodeScores(bytesOf(wrong), "s"), message);
  refuse({ ...scores, videos: scores.videos.map((one) => ({ ...one, label: 7 })) }, /row 0 .* 7$/);
  const logits = entries.logits.slice();
  logits[3] = NaN;
  refuse({ ...scores, entries: { ...entries, logits } }, /scores must be finite, got NaN/);
  const twice = { ...scores, failed: [{ row: 0, segment: 0, crop: 0, error: "" }] };
  assert.throws(() => encodeScores(twice), /each view must occur once, got segment 0, crop 0/);
  const crop = entries.crop.map(() => 2);
  assert.throws(() => encodeScores({ ...scores, entries: { ...entries, crop } }), /3 × 2 of 11/);
});
