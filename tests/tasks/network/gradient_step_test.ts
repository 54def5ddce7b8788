import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { AdamW, Parameters, type ParameterSpec } from "@videoms/core";
import { tensorAdamW } from "../../../core/optimizer/tensor_optimizer.ts";
import { gradientStep } from "../../../core/optimizer/gradient_step.ts";
import { testOnBackends } from "../../backends.ts";

/** More than the 32 buffers that one kernel may bind at most on many GPUs. */
const MANY = 40;

testOnBackends("many micro-batches of many tensors make one step", async (device) => {
  const specs = Array.from({ length: MANY }, (_, i): ParameterSpec => ({
    name: `tensor${i}`,
    shape: [2],
    initializer: { kind: "constant", value: 0 },
  }));
  const change = { learningRate: 0.5, weightDecay: 0, clipGradient: null, microBatches: MANY };
  for (const adamw of [device.adamw, tensorAdamW]) {
    const own = { ...device, adamw };
    const parameters = new Parameters(
      specs,
      new Map(specs.map(({ name }) => [name, new Float32Array(2)])),
    );
    const optimizer = new AdamW(own, parameters);
    const loss = await gradientStep({ device, optimizer }, change, (part) =>
      Promise.resolve({
        loss: tf.scalar(part),
        gradients: new Map(specs.map(({ name }) => [name, tf.tensor1d([1, 1])])),
      }));
    assert.equal((await loss.data())[0], (MANY - 1) / 2);
    const { gradientNorm } = await optimizer.status();
    assert.ok(Math.abs(gradientNorm - Math.sqrt(2 * MANY)) < 1e-4, `${gradientNorm}`);
    // The first step of AdamW moves by its rate against the sign of the gradient.
    for (const [name, values] of await parameters.read()) {
      assert.ok(values.every((value) => Math.abs(value + 0.5) < 1e-5), `${name}: ${values}`);
    }
    device.check();
    loss.dispose();
    optimizer.dispose();
    parameters.dispose();
  }
});
