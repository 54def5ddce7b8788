import {
  averagePrecision,
  calibrationError,
  predictionsOf,
  scoresOfTargets,
  targetsOf,
  TargetTally,
} from "@videoms/models";
import assert from "node:assert/strict";
import golden from "../golden/targets.json" with { type: "json" };

function near(found: number, wanted: number, tolerance = 1e-12): void {
  assert.ok(Math.abs(found - wanted) <= tolerance, `${found} instead of ${wanted}`);
}

Deno.test("average precision, R² and absolute error are those of scikit-learn on the same scores", () => {
  const { labels, logits, wanted, predicted } = golden;
  const byLabel = new TargetTally(targetsOf("labels", labels, 5));
  labels.forEach((row, i) => {
    byLabel.addView(Float32Array.from(logits[i]));
    byLabel.endVideo({ targets: row });
  });
  const labelled = byLabel.rating();
  assert.ok("meanAveragePrecision" in labelled.figures);
  near(labelled.figures.meanAveragePrecision, golden.meanAveragePrecision);
  labelled.perName.forEach((one, c) => near(one, golden.averagePrecision[c]));
  const unscaled = { kind: "numbers", mean: [0, 0, 0, 0, 0], std: [1, 1, 1, 1, 1] } as const;
  const byNumber = new TargetTally(unscaled);
  wanted.forEach((row, i) => {
    byNumber.addView(Float32Array.from(predicted[i]));
    byNumber.endVideo({ targets: row });
  });
  byNumber.endVideo({ targets: wanted[0] }); // without a view: left out
  const { figures, perName, videos } = byNumber.rating();
  assert.ok("r2" in figures);
  assert.equal(videos, 40);
  near(figures.r2, golden.r2, 1e-6); // scores are float32
  near(figures.meanAbsoluteError, golden.meanAbsoluteError, 1e-5);
  perName.forEach((one, c) => near(one, golden.r2PerName[c], 1e-5));
});

Deno.test("equal scores count together, and a label that no video has counts as 0", () => {
  near(averagePrecision([1, 1, 0], [0, 1, 1]), 0.5 * 0.5 + 0.5 * (2 / 3));
  assert.equal(averagePrecision([1, 2], [0, 0]), 0);
});

Deno.test("calibration: what is foretold with 0.8 happens in 4 of 5, or does not", () => {
  near(calibrationError([0.8, 0.8, 0.8, 0.8, 0.8], [1, 1, 1, 1, 0]), 0);
  near(calibrationError([0.8, 0.8, 0, 1], [0, 0, 0, 1]), 0.4);
  near(calibrationError([1 + 1e-12], [0]), 1, 1e-9); // a mean of probabilities, rounded
});

Deno.test("numbers are scaled by the training videos and back; one that never differs is left as it is", () => {
  const rows = [[1, 7], [3, 7]];
  const targets = targetsOf("numbers", rows, 2);
  assert.deepEqual(targets, { kind: "numbers", mean: [2, 7], std: [1, 1] });
  const scores = scoresOfTargets(targets, [1, 7, 3, 8]);
  assert.deepEqual([...scores], [-1, 0, 1, 1]);
  assert.deepEqual(predictionsOf(targets, scores), [1, 7, 3, 8]);
});

Deno.test("views of a video are averaged as predictions", () => {
  const tally = new TargetTally({ kind: "labels", mean: [0], std: [1] });
  tally.addView(Float32Array.of(100));
  tally.addView(Float32Array.of(-100));
  tally.endVideo({ targets: [1] });
  near(tally.rating().loss, Math.LN2, 1e-9);
});
