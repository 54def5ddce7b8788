import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  initialParameters,
  Parameters,
  randomStream,
  tokenGrid,
  valuesPerToken,
} from "@videoms/core";
import { dense, type FrameSelector, type MaskingStrategy, tube } from "@videoms/masking";
import { MaskedAutoencoder } from "@videoms/models";
import { testOnBackends } from "../backends.ts";
import { registry, smallTask } from "./small_task.ts";
import { autoencoderOf } from "../../tasks/runs/network/model_options.ts";
import type { SelectionContext } from "../../tasks/runs/pretrain/batch_selection.ts";
import {
  collapseSigns,
  collapseWarnings,
  MaskDrift,
} from "../../tasks/runs/pretrain/collapse_signs.ts";

testOnBackends("flat clips are told from clips with content", async () => {
  const task = smallTask("unused", { masking: tube({ maskRatio: 0.75 }) });
  const model = new MaskedAutoencoder(autoencoderOf(task));
  const { geometry } = model.options;
  const parameters = new Parameters(model.specs, initialParameters(model.specs, 0));
  const context: SelectionContext = {
    model,
    parameters,
    strategy: registry.create<MaskingStrategy>(task.masking),
    selector: registry.create<FrameSelector>(dense()),
  };
  const size = 2 * tokenGrid(geometry).tokens * valuesPerToken(geometry);
  const noise = randomStream(0, "pixels");
  const drift = new MaskDrift();
  const signsOf = async (pixel: () => number) => {
    const pixels = Uint8Array.from({ length: size }, pixel);
    const random = [0, 1].map((clip) => randomStream(0, "mask", clip));
    const clips = { batches: [{ pixels, batch: 2 }], random: [random] };
    return (await collapseSigns(context, clips, drift))!;
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
