import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { type BlockTensors, transformerBlock } from "@videoms/core";
import { testOnBackends } from "../backends.ts";
import { shapesOf } from "./block_shapes.ts";

const SIZES = { samples: 2, tokens: 37, width: 48, heads: 3, hidden: 192 };

testOnBackends("a block forward and backward takes at most 30 dispatches", ({ queue }) => {
  const { samples, tokens, width, heads } = SIZES;
  const shapes = shapesOf(SIZES);
  const names = Object.keys(shapes);
  const inputs = [
    tf.randomNormal([samples, tokens, width]),
    ...Object.values(shapes).map((shape) => tf.randomNormal(shape)),
  ];
  const dy = tf.onesLike(inputs[0]);
  const block = (x: tf.Tensor, ...tensors: tf.Tensor[]) => {
    const byName = Object.fromEntries(names.map((name, i) => [name, tensors[i]]));
    return transformerBlock(x as tf.Tensor3D, byName as unknown as BlockTensors, {
      heads,
      epsilon: 1e-6,
      recompute: false,
      attentionFactors: null,
      mlpFactors: null,
    });
  };
  const counts: number[] = [];
  for (let run = 0; run < 2; run++) {
    const before = queue!.counts();
    tf.tidy(() => void tf.grads(block)(inputs, dy));
    const after = queue!.counts();
    counts.push(after.dispatches - before.dispatches);
    if (run === 1) assert.equal(after.pipelines, before.pipelines, "nothing is compiled twice");
  }
  tf.dispose([...inputs, dy]);
  assert.ok(counts[0] <= 30, `${counts[0]} dispatches`);
  assert.equal(counts[1], counts[0]);
}, ["webgpu"]);
