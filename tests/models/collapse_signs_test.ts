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
  const nan = { featureRank: NaN, flatTargets: 0, maskDrift: null };
  assert.match(collapseWarnings(nan).join(), /NaN dimensions/);
  const drifting = { featureRank: 9, flatTargets: 0, maskDrift: 0.7 };
  assert.match(collapseWarnings(drifting).join(), /^70 % of the tokens chosen on held-out clips/);
  parameters.dispose();
  model.dispose();
});

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
