import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  createRegistry,
  initialParameters,
  Parameters,
  randomStream,
  valuesPerToken,
} from "@videoms/core";
import { type MaskingStrategy, tube } from "@videoms/masking";
import {
  collapseSigns,
  collapseWarnings,
  MaskDrift,
  MaskedAutoencoder,
  patchify,
} from "@videoms/models";
import { testOnBackends } from "../backends.ts";

testOnBackends("flat clips are told from clips with content", async () => {
  const geometry = { frames: 8, tubeletSize: 2, imageSize: 32, patchSize: 8 };
  const encoder = { width: 24, depth: 2, heads: 2 };
  const model = new MaskedAutoencoder({ geometry, encoder, decoder: { ...encoder, width: 12 } });
  const { grid } = model;
  const parameters = new Parameters(model.specs, initialParameters(model.specs, 0));
  const strategy = createRegistry([tube]).create<MaskingStrategy>(tube({ maskRatio: 0.75 }));
  const size = 2 * grid.tokens * valuesPerToken(geometry);
  const noise = randomStream(0, "pixels");
  const drift = new MaskDrift();
  const signsOf = async (pixel: () => number) => {
    const patches = patchify(Uint8Array.from({ length: size }, pixel), geometry);
    const random = [0, 1].map((clip) => randomStream(0, "mask", clip));
    const selection = await strategy.select({ grid, batch: 2, random });
    const signs = await collapseSigns({ model, parameters }, patches, selection, drift);
    tf.dispose([patches, ...Object.values(selection)]);
    return signs;
  };
  const rich = await signsOf(() => noise.integer(256));
  assert.equal(rich.flatTargets, 0);
  assert.ok(rich.featureRank > 2 && rich.featureRank <= 24, `${rich.featureRank}`);
  assert.deepEqual(collapseWarnings(rich), []);
  const flat = await signsOf(() => 40);
  assert.equal(flat.flatTargets, 1);
  assert.match(collapseWarnings(flat).join(), /100 % of the tokens/);
  assert.deepEqual([rich.maskDrift, flat.maskDrift], [null, 0]); // tubes do not look at the clip
  assert.deepEqual([rich.targetRank, rich.targetStd], [null, null]); // pixels
  const pixels = { targetRank: null, targetStd: null };
  const nan = { ...pixels, featureRank: NaN, flatTargets: 0, maskDrift: null };
  assert.match(collapseWarnings(nan).join(), /NaN dimensions/);
  const drifting = { ...pixels, featureRank: 9, flatTargets: 0, maskDrift: 0.7 };
  assert.match(collapseWarnings(drifting).join(), /^70 % of the tokens chosen on held-out clips/);
  parameters.dispose();
  model.dispose();
});

testOnBackends(
  "features that are the same for all tokens are told from those that differ",
  async () => {
    const geometry = { frames: 8, tubeletSize: 2, imageSize: 32, patchSize: 8 };
    const encoder = { width: 24, depth: 2, heads: 2 };
    const model = new MaskedAutoencoder({ geometry, encoder, decoder: encoder, predicted: 24 });
    const parameters = new Parameters(model.specs, initialParameters(model.specs, 0));
    const teacher = new Parameters(model.specs, initialParameters(model.specs, 1));
    const strategy = createRegistry([tube]).create<MaskingStrategy>(tube({ maskRatio: 0.75 }));
    const size = 2 * model.grid.tokens * valuesPerToken(geometry);
    const noise = randomStream(0, "pixels");
    const patches = patchify(Uint8Array.from({ length: size }, () => noise.integer(256)), geometry);
    const random = [0, 1].map((clip) => randomStream(0, "mask", clip));
    const selection = await strategy.select({ grid: model.grid, batch: 2, random });
    const signsOf = () =>
      collapseSigns({ model, parameters, teacher }, patches, selection, new MaskDrift());
    const sound = await signsOf();
    assert.ok(sound.targetRank! > 2 && sound.targetRank! < 24, `${sound.targetRank}`);
    assert.ok(sound.targetStd! > 0.3 && sound.targetStd! <= 1, `${sound.targetStd}`);
    // By the definition, in double arithmetic.
    const features = tf.tidy(() => model.encodeAll(teacher, patches));
    const rows = await features.array();
    const targets = await selection.target.array();
    const tokens = targets.flatMap((row, b) => row.map((n) => standard(rows[b][n])));
    const [rank, std] = spread(tokens);
    assert.ok(Math.abs(sound.targetRank! / rank - 1) < 1e-3, `${sound.targetRank} ${rank}`);
    assert.ok(Math.abs(sound.targetStd! / std - 1) < 1e-3, `${sound.targetStd} ${std}`);
    assert.deepEqual(collapseWarnings(sound), []);
    // The planted collapse: the norm at the end of the encoder gives every token the same vector.
    const collapsed = await teacher.read();
    collapsed.get("encoder.norm.weight")!.fill(1e-4);
    collapsed.get("encoder.norm.bias")!.forEach((_, i, values) => values[i] = i % 5 - 2);
    teacher.write(collapsed);
    const dead = await signsOf();
    assert.ok(dead.targetStd! < 0.01, `${dead.targetStd}`);
    assert.match(
      collapseWarnings(dead).join(),
      /^the features to be predicted hardly differ between tokens .*std of 0\.000 \(bad below 0\.1\)/,
    );
    const line = { ...sound, targetRank: 1.01 };
    assert.match(collapseWarnings(line).join(), /spread over 1\.01 dimensions \(bad below 1\.5\)/);
    assert.match(collapseWarnings({ ...sound, targetStd: NaN }).join(), /std of NaN/);
    tf.dispose([features, patches, ...Object.values(selection)]);
    parameters.dispose();
    teacher.dispose();
    model.dispose();
  },
);

/** A vector of mean 0 and variance 1. */
function standard(values: number[]): number[] {
  const mean = values.reduce((a, b) => a + b) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  return values.map((value) => (value - mean) / Math.sqrt(variance + 1e-5));
}

/** Participation ratio of vectors, and the mean std of their dimensions. */
function spread(rows: number[][]): [number, number] {
  const dimensions = Array.from(rows[0], (_, d) => {
    const column = rows.map((row) => row[d]);
    const mean = column.reduce((a, b) => a + b) / column.length;
    return column.map((value) => value - mean);
  });
  const products = dimensions.map((a) =>
    dimensions.map((b) => a.reduce((sum, value, i) => sum + value * b[i], 0) / rows.length)
  );
  const trace = products.reduce((sum, row, d) => sum + row[d], 0);
  const squares = products.flat().reduce((sum, value) => sum + value ** 2, 0);
  const stds = products.map((row, d) => Math.sqrt(row[d]));
  return [trace ** 2 / squares, stds.reduce((a, b) => a + b) / stds.length];
}

testOnBackends("drift is the share of chosen tokens that are chosen no more", async () => {
  const drift = new MaskDrift();
  const since = async (visible: number[][], target: number[][]) => {
    const selection = {
      visible: tf.tensor2d(visible, undefined, "int32"),
      target: tf.tensor2d(target, undefined, "int32"),
    };
    const share = await drift.since(selection);
    tf.dispose(Object.values(selection));
    return share;
  };
  assert.equal(await since([[0], [1]], [[1, 2], [2, 3]]), null);
  assert.equal(await since([[2], [3]], [[0, 1], [1, 2]]), 0); // other roles, the same tokens
  assert.equal(await since([[1], [0]], [[2, 5], [2, 3]]), 2 / 6);
}, ["cpu"]);
