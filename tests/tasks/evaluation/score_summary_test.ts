import assert from "node:assert/strict";
import type { Json } from "@videoms/core";
import { parseShard, shardRows } from "@videoms/data";
import { summarizeScores, unfinishedRows, type ViewScores } from "@videoms/models";
import { mergeScores } from "../../../tasks/evaluation/evaluate/merge_scores.ts";
import { summaryJson } from "../../../tasks/evaluation/evaluate/evaluation_folder.ts";
import { summaryText } from "../../../tasks/evaluation/evaluate/summary_text.ts";
import { randomScores, scoresOfRows, shuffled } from "./random_scores.ts";

/** The soft-max averaged over views, by its definition. */
function plainPrediction(scores: ViewScores, row: number, segments: number[]): number {
  const { entries, classes: { length: classes } } = scores;
  const mean = new Float64Array(classes);
  entries.row.forEach((one, place) => {
    if (one !== row || !segments.includes(entries.segment[place])) return;
    const logits = entries.logits.subarray(place * classes, (place + 1) * classes);
    const total = logits.reduce((sum, score) => sum + Math.exp(score), 0);
    logits.forEach((score, c) => mean[c] += Math.exp(score) / total);
  });
  return mean.indexOf(Math.max(...mean));
}

Deno.test("videos are classified by the mean probability of their views", () => {
  const scores = randomScores({ videos: 40 });
  for (const segments of [[0, 1, 2], [1], [0, 2]]) {
    const right = scores.videos.filter(({ label }, row) =>
      plainPrediction(scores, row, segments) === label
    );
    const summary = summarizeScores(scores, { segments });
    assert.equal(summary.top1, right.length / 40);
    assert.equal(summary.confusion.reduce((a, b) => a + b, 0), 40);
    assert.equal(summary.perClass.reduce((sum, one) => sum + one.right, 0), right.length);
    assert.ok(summary.top1 <= summary.topK && summary.k === 5);
  }
});

Deno.test("the order of the entries does not matter, nor does it whether shards were merged", () => {
  const failed = [{ row: 3, segment: 1, crop: 0, error: "broken" }];
  const scores = randomScores({ failed });
  const summary = summarizeScores(scores);
  assert.deepEqual(summarizeScores(shuffled(scores, 5)), summary);
  const shards = [3, 1, 2].map((index) => ({
    name: `shard ${index}`,
    scores: scoresOfRows(scores, shardRows(11, { index, count: 3 })),
  }));
  assert.deepEqual(summarizeScores(mergeScores(shards)), summary);
});

Deno.test("videos that cannot be read count as missed, those that can in part by what there is", () => {
  const views = [0, 1, 2].flatMap((segment) => [0, 1].map((crop) => ({ segment, crop })));
  const whole = randomScores();
  const lost = views.map((view) => ({ ...view, row: 5, error: "moov atom not found" }));
  const cut = { row: 8, segment: 2, crop: 1, error: "no frame 60" };
  const scores = randomScores({ failed: [...lost, cut] });
  const summary = summarizeScores(scores);
  assert.equal(summary.videos, 11);
  const { label, path } = scores.videos[5];
  assert.deepEqual(summary.unreadable, [{ row: 5, path, error: "moov atom not found" }]);
  assert.deepEqual(summary.partial.map(({ row }) => row), [8]);
  assert.equal(summary.perClass[label].unreadable, 1);
  assert.equal(summary.perClass[label].videos, summarizeScores(whole).perClass[label].videos);
  assert.equal(summary.confusion.reduce((a, b) => a + b, 0), 10);
  const right = summary.perClass.reduce((sum, one) => sum + one.right, 0);
  assert.equal(summary.top1, right / 11);
  const present = summary.perClass.filter(({ videos }) => videos > 0);
  const mean = present.reduce((sum, one) => sum + one.right / one.videos, 0) / present.length;
  assert.ok(Math.abs(summary.meanClass - mean) < 1e-12);
  // Where only the damaged view is asked for, the video is unreadable.
  const narrow = summarizeScores(scores, { segments: [2], crops: [1] });
  assert.deepEqual(narrow.unreadable.map(({ row }) => row), [5, 8]);
});

Deno.test("nothing readable is no accuracy at all", () => {
  const failed = [0, 1].map((row) => ({ row, segment: 0, crop: 0, error: "broken" }));
  const scores = randomScores({ videos: 2, segments: 1, crops: 1, failed });
  const { top1, topK, meanClass, unreadable } = summarizeScores(scores);
  assert.deepEqual([top1, topK, meanClass, unreadable.length], [0, 0, 0, 2]);
});

Deno.test("calibration: how far the probability of the predicted class is from how often it is right", () => {
  // Four videos are predicted with 0.8, three of them rightly; one with 0.6, wrongly; one cannot be read.
  const lost = { row: 5, segment: 0, crop: 0, error: "broken" };
  const base = randomScores({ videos: 6, segments: 1, crops: 1, classes: 2, failed: [lost] });
  const [sure, unsure] = [Math.log(4), Math.log(1.5)];
  const logits = base.entries.row.length === 5
    ? Float32Array.of(sure, 0, sure, 0, 0, sure, 0, sure, 0, unsure)
    : assert.fail("five views");
  const labels = [0, 0, 1, 0, 0, 0];
  const { calibrationError } = summarizeScores({
    ...base,
    videos: base.videos.map((video, row) => ({ ...video, label: labels[row] })),
    entries: { ...base.entries, row: Int32Array.of(0, 1, 2, 3, 4), logits },
  });
  assert.ok(Math.abs(calibrationError - (0.2 + 0.6) / 5) < 1e-7, String(calibrationError));
});

Deno.test("fewer than five classes lower k", () => {
  const summary = summarizeScores(randomScores({ classes: 2 }));
  assert.deepEqual([summary.k, summary.topK], [2, 1]);
});

Deno.test("views that are not there cannot be asked for", () => {
  const scores = randomScores();
  assert.throws(
    () => summarizeScores(scores, { segments: [0, 3] }),
    /segments .* 0 to 2.* got 0, 3/,
  );
  assert.throws(() => summarizeScores(scores, { crops: [1, 1] }), /crops must be different/);
  assert.throws(() => summarizeScores(scores, { crops: [] }), /got none/);
  assert.throws(() => summarizeScores(scores, { crops: [0.5] }), /got 0\.5/);
  const half = scoresOfRows(scores, [0, 1, 2]);
  assert.throws(
    () => summarizeScores(half),
    /nothing for segment 0, crop 0 of row 3 \(\/videos\/3/,
  );
  assert.equal(summarizeScores(half, { rows: [0, 1, 2] }).videos, 3);
});

Deno.test("shards part the rows, and are written i/n", () => {
  const parts = [1, 2, 3, 4].map((index) => shardRows(10, { index, count: 4 }));
  assert.deepEqual(parts[1], [1, 5, 9]);
  assert.deepEqual(parts.flat().sort((a, b) => a - b), [...Array(10).keys()]);
  assert.deepEqual(parseShard("2/4"), { index: 2, count: 4 });
  for (const wrong of ["0/4", "5/4", "2", "2/", "a/b", "1.5/2", "-1/2"]) {
    assert.throws(() => parseShard(wrong), /must be i\/n with i from 1 to n/);
  }
});

Deno.test("only shards of one evaluation are merged, each view once and all of them", () => {
  const scores = randomScores();
  const part = (rows: number[], change: Partial<ViewScores> = {}) => ({
    name: `rows ${rows[0]}`,
    scores: { ...scoresOfRows(scores, rows), ...change },
  });
  const low = part([0, 1, 2, 3, 4, 5]);
  const high = [6, 7, 8, 9, 10];
  const refuse = (other: ReturnType<typeof part>, message: RegExp) =>
    assert.throws(() => mergeScores([low, other]), message);
  const { facts } = scores;
  const checkpoint = { ...facts.checkpoint, sha256: "cd" };
  refuse(
    part(high, { facts: { ...facts, checkpoint } }),
    /rows 0 and rows 6 .*sha256 "ab" and "cd"/,
  );
  const settings = { frames: "uniform", samplingRate: 4 };
  refuse(part(high, { facts: { ...facts, settings } }), /settings\.frames "spread" and "uniform"/);
  // Scores that are older than a field of the model are of the model that does the same.
  const older = (model: { [field: string]: Json }, rows: number[]) =>
    part(rows, { facts: { ...facts, settings: { ...facts.settings as object, model } } });
  const whole = [older({ width: 8 }, [0, 1, 2, 3, 4, 5]), older({ width: 8, qkNorm: false }, high)];
  assert.equal(mergeScores(whole).videos.length, 11);
  assert.throws(
    () => mergeScores([whole[0], older({ width: 8, qkNorm: true }, high)]),
    /model\.qkNorm false and true/,
  );
  refuse(part(high, { segments: 4 }), /segments 3 and 4/);
  const videos = scores.videos.map((one, row) => row === 2 ? { ...one, path: "/x.mp4" } : one);
  refuse(part(high, { videos }), /row 2 .*\/videos\/2\.mp4.* and .*\/x\.mp4/);
  refuse(part(high, { videos: videos.slice(1) }), /11 and 10 videos/);
  refuse(
    part([5, ...high]),
    /each view must occur once, got segment \d, crop \d of row 5 twice/,
  );
  refuse(part([6, 8, 9]), /2 videos that lack views: row 7 \(\/videos\/7\.mp4\); row 10/);
  assert.throws(() => mergeScores([]), /there must be a score file, got none/);
  // The same checkpoint may lie elsewhere on another machine.
  const moved = { ...facts, checkpoint: { ...facts.checkpoint, path: "/mnt/a.safetensors" } };
  assert.deepEqual(unfinishedRows(mergeScores([low, part(high, { facts: moved })])), []);
});

Deno.test("the text has the figures, and the JSON is strict and has the whole matrix", () => {
  const failed = [0, 1, 2].flatMap((segment) =>
    [0, 1].map((crop) => ({ row: 1, segment, crop, error: "broken" }))
  );
  const scores = randomScores({ failed });
  const summary = summarizeScores(scores);
  const text = summaryText(scores, summary);
  assert.match(text, /random, last weights \(step 7\), test: 11 videos, 6 views each/);
  assert.match(text, new RegExp(`top-1 +${(100 * summary.top1).toFixed(2)} %`));
  assert.match(text, /unreadable +1 of 11, counted as missed/);
  assert.match(text, /row 1 {2}\/videos\/1\.mp4: broken/);
  const many = randomScores({ classes: 30, videos: 90 });
  assert.match(summaryText(many, summarizeScores(many)), /worst 10 classes/);
  const json = JSON.parse(summaryJson(scores, summary, { seconds: 2 }));
  assert.deepEqual([json.top1, json.seconds, json.checkpoint.step], [summary.top1, 2, 7]);
  assert.deepEqual(json.confusion.flat(), [...summary.confusion]);
  assert.equal(json.confusion.length, 7);
});
