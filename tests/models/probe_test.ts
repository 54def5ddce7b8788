import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  AdamW,
  type Device,
  gelu,
  type HostTensors,
  layerNorm,
  linear,
  lossAndGradients,
  Parameters,
  randomStream,
  type Scope,
  smoothedTargets,
  tidy,
} from "@videoms/core";
import { type ProbeFeatures, probeGrid, type ProbeHead, ProbeHeads, topK } from "@videoms/models";
import { channelStandard } from "../../models/probe/standardize.ts";
import { testOnBackends, valuesOf } from "../backends.ts";

const width = 12;
const labels = [0, 2, 1, 2];
const batch = labels.length;
const tokens = 5;

function draw(size: number, ...path: (string | number)[]): Float32Array {
  const random = randomStream(7, ...path);
  return Float32Array.from({ length: size }, () => random.normal());
}

function features(step = 0): ProbeFeatures {
  const values = tf.tensor3d(draw(batch * tokens * width, "tokens", step), [batch, tokens, width]);
  return { tokens: values, pooled: tf.mean(values, 1) };
}

function open(heads: readonly ProbeHead[]): ProbeHeads {
  return new ProbeHeads({ width, classes: 3, attentiveHeads: 3, heads });
}

const attentive: ProbeHead = { kind: "attentive", rate: 1, decay: 1 };

/** Values far from fresh ones, so that every part of a head matters. */
function rough(heads: ProbeHeads): HostTensors {
  return new Map([...heads.initialValues(3)].map(([name, values]) => {
    const random = randomStream(2, name);
    return [name, values.map((value) => value + 0.3 * random.normal())];
  }));
}

function lossOf(heads: ProbeHeads, parameters: Parameters, step = 0): tf.Scalar {
  return heads.loss(parameters, features(step), smoothedTargets(labels, 3, 0));
}

/** The attentive probe as it is usually written: keys and values of every token. */
function plainAttentive(x: tf.Tensor3D, p: Scope, heads: number): tf.Tensor {
  const split = (y: tf.Tensor, rows: number): tf.Tensor =>
    tf.transpose(tf.reshape(y, [-1, rows, heads, width / heads]), [0, 2, 1, 3]);
  const normal = layerNorm(x, p("tokenNorm.weight"), p("tokenNorm.bias"));
  const token = tf.reshape(p("query"), [1, width]);
  const query = linear(token, p("attention.query.weight"), p("attention.query.bias"));
  const q = tf.tile(split(query, 1), [batch, 1, 1, 1]);
  const k = split(linear(normal, p("attention.keyWeight"), null), tokens);
  const v = split(linear(normal, p("attention.value.weight"), p("attention.value.bias")), tokens);
  const scores = tf.mul(tf.matMul(q, k, false, true), (width / heads) ** -0.5);
  const mixed = tf.reshape(
    tf.transpose(tf.matMul(tf.softmax(scores), v), [0, 2, 1, 3]),
    [batch, width],
  );
  const y = tf.add(
    linear(mixed, p("attention.output.weight"), p("attention.output.bias")),
    p("query"),
  );
  const inner = layerNorm(y, p("mlpNorm.weight"), p("mlpNorm.bias"));
  const hidden = gelu(linear(inner, p("mlp.expand.weight"), p("mlp.expand.bias")));
  const pooled = tf.add(y, linear(hidden, p("mlp.contract.weight"), p("mlp.contract.bias")));
  return linear(pooled, p("output.weight"), p("output.bias"));
}

testOnBackends("an attentive head without keys and values equals one with them", async () => {
  const heads = open([attentive]);
  const parameters = new Parameters(heads.specs, rough(heads));
  const [short, plain] = tidy(() => {
    const given = features();
    return [
      heads.scores(parameters, given),
      plainAttentive(given.tokens, parameters.scope("heads.0"), 3),
    ];
  });
  const expected = await valuesOf(plain);
  (await valuesOf(short)).forEach((value, i) =>
    assert.ok(Math.abs(value - expected[i]) < 1e-4, `${i}: ${value}, ${expected[i]}`)
  );
  parameters.dispose();
});

testOnBackends("gradients of an attentive head are those of finite differences", async () => {
  const heads = open([attentive]);
  const start = rough(heads);
  const parameters = new Parameters(heads.specs, start);
  const { loss, gradients } = lossAndGradients(parameters, () => lossOf(heads, parameters));
  loss.dispose();
  for (const [name, gradient] of gradients) {
    const computed = await valuesOf(gradient);
    const direction = draw(computed.length, "direction", name);
    const at = async (distance: number): Promise<number> => {
      const moved = start.get(name)!.map((value, i) => value + distance * direction[i]);
      parameters.writeTensor(name, moved);
      return (await valuesOf(tidy(() => lossOf(heads, parameters))))[0];
    };
    const step = 2e-3;
    const slope = (await at(step) - await at(-step)) / (2 * step);
    parameters.writeTensor(name, start.get(name)!);
    const expected = direction.reduce((sum, d, i) => sum + d * computed[i], 0);
    const scale = Math.hypot(...computed) + 0.1;
    assert.ok(Math.abs(slope - expected) < 2e-2 * scale, `${name}: ${slope}, ${expected}`);
  }
  parameters.dispose();
}, ["cpu", "wasm"]); // float32 differences on a GPU's own exp say little; it is compared above

/** Weights after some steps. */
async function train(device: Device, heads: ProbeHeads): Promise<HostTensors> {
  const pooled = draw(50 * width, "standard").map((value, i) => 3 * value + i % width);
  const parameters = new Parameters(heads.specs, heads.initialValues(3, pooled));
  const optimizer = new AdamW(device, parameters, { rule: heads.rule });
  for (let step = 0; step < 5; step++) {
    const { loss, gradients } = lossAndGradients(parameters, () => lossOf(heads, parameters, step));
    optimizer.step(gradients, { learningRate: 0.5, weightDecay: 1 });
    tf.dispose([loss, ...gradients.values()]);
  }
  const values = await parameters.read();
  optimizer.dispose();
  parameters.dispose();
  return values;
}

testOnBackends("a head that is trained beside others is the head trained alone", async (device) => {
  const grid = probeGrid({
    kinds: ["linear", "attentive"],
    rates: [0.1, 0.02],
    decays: [0, 0.3],
  });
  const together = await train(device, open(grid));
  for (const i of [0, 3, 4, 7]) {
    for (const [name, values] of await train(device, open([grid[i]]))) {
      const beside = together.get(name.replace("heads.0.", `heads.${i}.`))!;
      values.forEach((value, k) =>
        assert.ok(Math.abs(value - beside[k]) < 2e-5, `${name} ${k}: ${value}, ${beside[k]}`)
      );
    }
  }
  const output = (i: number) => together.get(`heads.${i}.output.weight`)!.join();
  assert.equal(new Set(grid.map((_, i) => output(i))).size, 8);
});

testOnBackends("the standard of pooled features is measured, and not trained", async (device) => {
  const linear: ProbeHead = { kind: "linear", rate: 1, decay: 1 };
  const heads = open([linear]);
  const pooled = draw(50 * width, "standard").map((value, i) => 3 * value + i % width);
  const { mean, scale } = channelStandard(pooled, width);
  const trained = await train(device, heads);
  assert.deepEqual(trained.get("standard.mean"), mean);
  assert.deepEqual(trained.get("standard.scale"), scale);
  for (let channel = 0; channel < width; channel++) {
    const values = Array.from(
      { length: 50 },
      (_, row) => (pooled[row * width + channel] - mean[channel]) * scale[channel],
    );
    const average = values.reduce((a, b) => a + b) / 50;
    const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / 50;
    assert.ok(Math.abs(average) < 1e-5 && Math.abs(variance - 1) < 1e-5);
  }
  assert.throws(() => channelStandard(pooled, 7), /whole rows of 7, got 600 values/);
}, ["cpu"]);

/**
 * Clips whose class is a channel of one marked token; the other tokens have channels at random, so that
 * their mean tells little.
 */
function marked(clips: number, seed: number): { tokens: tf.Tensor3D; labels: Int32Array } {
  const labels = new Int32Array(clips);
  const values = new Float32Array(clips * tokens * width);
  for (let b = 0; b < clips; b++) {
    const random = randomStream(seed, "marked", b);
    labels[b] = random.integer(3);
    const place = random.integer(tokens);
    for (let k = 0; k < tokens; k++) {
      const token = (b * tokens + k) * width;
      for (let d = 0; d < width; d++) values[token + d] = 0.1 * random.normal();
      values[token + (k === place ? labels[b] : random.integer(3))] += 1;
      if (k === place) values[token + 3] += 2;
    }
  }
  return { tokens: tf.tensor3d(values, [clips, tokens, width]), labels };
}

testOnBackends(
  "an attentive head finds the token that tells, where the mean does not",
  async (device) => {
    const heads = open(probeGrid({ kinds: ["linear", "attentive"], rates: [1], decays: [0] }));
    const parameters = new Parameters(heads.specs, heads.initialValues(3));
    const optimizer = new AdamW(device, parameters, { rule: heads.rule });
    const featuresOf = (values: tf.Tensor3D) => ({
      tokens: values,
      pooled: tf.mean(values, 1) as tf.Tensor2D,
    });
    for (let step = 0; step < 150; step++) {
      const batch = marked(32, step);
      const { loss, gradients } = lossAndGradients(
        parameters,
        () => heads.loss(parameters, featuresOf(batch.tokens), smoothedTargets(batch.labels, 3, 0)),
      );
      optimizer.step(gradients, { learningRate: 0.01, weightDecay: 0 });
      tf.dispose([loss, batch.tokens, ...gradients.values()]);
    }
    const held = marked(100, 1000);
    const scores = await valuesOf(tidy(() => heads.scores(parameters, featuresOf(held.tokens))));
    const [byMean, byAttention] = [0, 1].map((head) =>
      topK(scores.subarray(head * 300, (head + 1) * 300), held.labels, 1).reduce((a, b) => a + b)
    );
    assert.ok(byAttention > 95, `${byAttention} of 100 right`);
    assert.ok(byMean > 40 && byMean < 85, `${byMean} of 100 right`);
    tf.dispose(held.tokens);
    optimizer.dispose();
    parameters.dispose();
  },
  ["wasm"],
);

Deno.test("heads of a kind start alike, and each has its own rule", () => {
  const heads = open(probeGrid({ kinds: ["linear", "attentive"], rates: [1, 2], decays: [0.5] }));
  const values = heads.initialValues(0);
  assert.equal(values.size, heads.specs.length);
  assert.deepEqual(values.get("heads.0.output.weight"), values.get("heads.1.output.weight"));
  assert.deepEqual(values.get("heads.2.query"), values.get("heads.3.query"));
  const rules = new Map(heads.specs.map((spec) => [spec.name, heads.rule(spec)]));
  assert.deepEqual(rules.get("heads.1.output.weight"), { rateScale: 2, decayScale: 0.5 });
  assert.deepEqual(rules.get("heads.3.output.bias"), { rateScale: 2, decayScale: 0 });
  assert.deepEqual(rules.get("standard.mean"), { rateScale: 0, decayScale: 0 });
  assert.ok(open([attentive]).specs.every(({ name }) => name.startsWith("heads.0.")));
});

Deno.test("impossible probes are refused", () => {
  const options = { width, classes: 3, attentiveHeads: 5, heads: [attentive] };
  assert.throws(() => new ProbeHeads(options), /divide the encoder's width, got 5 and 12/);
  assert.throws(() => new ProbeHeads({ ...options, heads: [] }), /must be a head, got none/);
  assert.throws(() => new ProbeHeads({ ...options, classes: 1 }), /from 2, got 1/);
});
