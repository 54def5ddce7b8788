import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  initialParameters,
  lossAndGradients,
  Parameters,
  randomStream,
  type Scope,
} from "@videoms/core";
import { type BlockOptions, type DropPath } from "@videoms/models";
import { blockSpecs, composedBlock, runBlock } from "../../models/backbone/vit_block.ts";
import { testOnBackends, valuesOf } from "../backends.ts";

const OPTIONS: BlockOptions = { width: 24, heads: 3, mlpRatio: 2 };
const [CLIPS, TOKENS] = [3, 7];

/** Everything drawn, so that no bias is zero and no norm the identity. */
function parametersOf(options: BlockOptions): Parameters {
  const specs = blockSpecs("block", options);
  const values = initialParameters(specs, 3);
  const random = randomStream(4, "block");
  return new Parameters(
    specs,
    new Map([...values].map(([name, some]) => [name, some.map((v) => v + 0.1 * random.normal())])),
  );
}

type Block = (x: tf.Tensor3D, p: Scope) => tf.Tensor3D;

/** The value of a block and all gradients of a sum of it, each entry with a weight of its own. */
async function run(options: BlockOptions, block: Block): Promise<Map<string, Float32Array>> {
  const parameters = parametersOf(options);
  const draw = (name: string) =>
    tf.tensor3d(
      Float32Array.from(
        { length: CLIPS * TOKENS * options.width },
        ((random) => () => random.normal())(randomStream(5, name)),
      ),
      [CLIPS, TOKENS, options.width],
    );
  const [x, weights] = [draw("x"), draw("weights")];
  const { loss, gradients } = lossAndGradients(
    parameters,
    () => tf.sum(tf.mul(block(x, parameters.scope("block")), weights)),
  );
  const dx = tf.tidy(() =>
    tf.grad((x) => tf.sum(tf.mul(block(x as tf.Tensor3D, parameters.scope("block")), weights)))(x)
  );
  const values = new Map([["loss", await valuesOf(loss)], ["dx", await valuesOf(dx)]]);
  for (const [name, gradient] of gradients) values.set(name, await valuesOf(gradient));
  tf.dispose([x, weights]);
  parameters.dispose();
  return values;
}

function assertSame(
  actual: ReadonlyMap<string, Float32Array>,
  expected: ReadonlyMap<string, Float32Array>,
  tolerance: number,
): void {
  assert.deepEqual([...actual.keys()], [...expected.keys()]);
  for (const [name, values] of expected) {
    const scale = values.reduce((top, value) => Math.max(top, Math.abs(value)), 1e-3);
    values.forEach((value, i) => {
      const error = Math.abs(actual.get(name)![i] - value) / scale;
      assert.ok(error <= tolerance, `${name}[${i}]: ${actual.get(name)![i]}, expected ${value}`);
    });
  }
}

const DROP: () => DropPath = () => ({
  rate: 0.5,
  random: Array.from({ length: CLIPS }, (_, b) => randomStream(6, "drop", b)),
});

testOnBackends("a block is what its single operations give", async () => {
  const fused = await run(OPTIONS, (x, p) => runBlock(x, p, OPTIONS));
  assertSame(fused, await run(OPTIONS, (x, p) => composedBlock(x, p, OPTIONS)), 1e-5);
});

for (const layerScale of [0, 0.3]) {
  const options = { ...OPTIONS, layerScale };
  testOnBackends(
    `a block that is computed again gives the same, factors ${layerScale}`,
    async () => {
      const kept = await run(options, (x, p) => runBlock(x, p, options, { drop: DROP() }));
      const again = await run(
        options,
        (x, p) => runBlock(x, p, options, { drop: DROP(), recompute: true }),
      );
      assertSame(again, kept, 0);
    },
  );
}

testOnBackends("dropped branches leave a clip as it was", async () => {
  const parameters = parametersOf(OPTIONS);
  const x = tf.randomNormal([CLIPS, TOKENS, OPTIONS.width], 0, 1, "float32", 1) as tf.Tensor3D;
  const all: DropPath = {
    rate: 1 - 1e-9,
    random: Array.from({ length: CLIPS }, (_, b) => randomStream(7, "drop", b)),
  };
  const y = tf.tidy(() => runBlock(x, parameters.scope("block"), OPTIONS, { drop: all }));
  assert.deepEqual(await valuesOf(y), await valuesOf(x));
  parameters.dispose();
});

Deno.test("normalised queries and keys give the same attention whatever their scale", async () => {
  await tf.setBackend("cpu");
  const options: BlockOptions = { ...OPTIONS, qkNorm: true, keyBias: true, normEpsilon: 1e-12 };
  const parameters = parametersOf(options);
  const x = tf.randomNormal([CLIPS, TOKENS, options.width], 0, 1, "float32", 1) as tf.Tensor3D;
  const output = async () => {
    const y = tf.tidy(() => runBlock(x, parameters.scope("block"), options));
    return await valuesOf(y);
  };
  const before = await output();
  for (const [name, columns] of [["qkvWeight", 48], ["queryBias", 24], ["keyBias", 24]] as const) {
    const full = `block.attention.${name}`;
    const values = await parameters.readTensor(full);
    const row = name === "qkvWeight" ? 72 : 24;
    parameters.writeTensor(full, values.map((value, i) => i % row < columns ? 3 * value : value));
  }
  const after = await output();
  after.forEach((value, i) => assert.ok(Math.abs(value - before[i]) < 1e-4, `${i}`));
  parameters.dispose();
  x.dispose();
});
