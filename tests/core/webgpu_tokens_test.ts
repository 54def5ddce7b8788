import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { type Device, tidy } from "@videoms/core";
import { tokenKernels } from "../../core/webgpu/token_kernels.ts";
import { testOnBackends, valuesOf } from "../backends.ts";
import { compareWithOracle, distinctRows, normals } from "./gpu_oracle.ts";

function gpuTest(name: string, test: (device: Device) => Promise<void>): void {
  testOnBackends(`webgpu tokens: ${name}`, test, ["webgpu"]);
}

/** Samples, rows of each, rows that are kept, and width. */
const SIZES: [B: number, N: number, K: number, D: number][] = [
  [1, 1, 1, 1],
  [2, 5, 3, 3],
  [3, 17, 17, 7],
  [2, 33, 16, 8],
  [1, 1568, 156, 12],
  [60, 1200, 1100, 4], // more rows than groups on one axis
];

for (const [B, N, K, D] of SIZES) {
  const size = `[${B},${N},${D}], ${K} kept`;
  const index = distinctRows(B, K, N, "index");

  gpuTest(`gathers and scatters rows in any order, ${size}`, async (device) => {
    await compareWithOracle(device, {
      inputs: [normals([B, N, D], "x"), index],
      run: (kernels, [x, index]) => [kernels.gatherRows(x as tf.Tensor3D, index as tf.Tensor2D)],
      dispatches: 1,
    });
    await compareWithOracle(device, {
      inputs: [normals([B, K, D], "y"), index],
      run: (kernels, [y, index]) => [
        kernels.scatterRows(y as tf.Tensor3D, index as tf.Tensor2D, N),
      ],
      dispatches: 1,
    });
  });

  gpuTest(`adds rows of a table, ${size}`, async (device) => {
    await compareWithOracle(device, {
      inputs: [normals([B, K, D], "x"), normals([N, D], "table"), index],
      run: (kernels, [x, table, index]) => [
        kernels.addRows(x as tf.Tensor3D, table as tf.Tensor2D, index as tf.Tensor2D),
      ],
      dispatches: 1,
    });
  });

  gpuTest(`makes the tokens of a decoder, ${size}`, async (device) => {
    const M = Math.ceil(N / 3);
    await compareWithOracle(device, {
      inputs: [
        normals([B, K, D], "known"),
        normals([D], "token"),
        normals([N, D], "table"),
        index,
        distinctRows(B, M, N, "hidden"),
      ],
      run: (kernels, [known, token, table, visible, hidden]) => [
        kernels.decoderTokens(
          known as tf.Tensor3D,
          token as tf.Tensor1D,
          table as tf.Tensor2D,
          visible as tf.Tensor2D,
          hidden as tf.Tensor2D,
        ),
      ],
      dispatches: 1,
      tolerance: 1e-6,
    });
    await compareWithOracle(device, {
      inputs: [normals([B, K + M, D], "dy")],
      run: (kernels, [dy]) => {
        const { dKnown, dToken } = kernels.decoderTokensGradients(dy as tf.Tensor3D, K);
        return [dKnown, dToken];
      },
      dispatches: 2,
      tolerance: 1e-5,
    });
  });

  gpuTest(`takes the last tokens, ${size}`, async (device) => {
    await compareWithOracle(device, {
      inputs: [normals([B, N, D], "x"), normals([B, N - K + 1, D], "dy")],
      run: (kernels, [x, dy]) => [
        kernels.tokensFrom(x as tf.Tensor3D, K - 1),
        kernels.tokensFromGradient(dy as tf.Tensor3D, K - 1),
      ],
      dispatches: 2,
    });
  });
}

gpuTest("what is scattered is gathered again", async ({ queue }) => {
  const kernels = tokenKernels(queue!);
  const { values, shape } = normals([3, 20, 8], "x");
  const { values: places } = distinctRows(3, 20, 50, "places");
  const back = tidy(() => {
    const index = tf.tensor2d(places, [3, 20], "int32");
    const x = tf.tensor3d(values as Float32Array, shape as [number, number, number]);
    return kernels.gatherRows(kernels.scatterRows(x, index, 50), index);
  });
  assert.deepEqual(await valuesOf(back), values);
});

for (const D of [3, 8]) {
  gpuTest(`nothing in gives nothing, or zeros, out, D = ${D}`, async ({ queue }) => {
    const kernels = tokenKernels(queue!);
    const results = tidy(() => {
      const none = tf.zeros([2, 0, D]) as tf.Tensor3D;
      const noIndex = tf.zeros([2, 0], "int32") as tf.Tensor2D;
      const index = tf.tensor2d([[1, 0], [2, 1]], [2, 2], "int32");
      const table = tf.ones([3, D]) as tf.Tensor2D;
      const token = tf.ones([D]) as tf.Tensor1D;
      const x = tf.ones([2, 2, D]) as tf.Tensor3D;
      const allKnown = kernels.decoderTokensGradients(x, 2);
      const allHidden = kernels.decoderTokensGradients(x, 0);
      const nothing = kernels.decoderTokensGradients(none, 0);
      return {
        gathered: kernels.gatherRows(x, noIndex),
        scattered: kernels.scatterRows(none, noIndex, 3),
        added: kernels.addRows(none, table, noIndex),
        allKnown: kernels.decoderTokens(x, token, table, index, noIndex),
        allHidden: kernels.decoderTokens(none, token, table, noIndex, index),
        nothing: kernels.decoderTokens(none, token, table, noIndex, noIndex),
        dAllKnown: allKnown.dKnown,
        dNoToken: allKnown.dToken,
        dNoneKnown: allHidden.dKnown,
        dToken: allHidden.dToken,
        dNothing: nothing.dKnown,
        dNothingToken: nothing.dToken,
        tail: kernels.tokensFrom(x, 2),
        zeros: kernels.tokensFromGradient(none, 2),
      };
    });
    const expected: Record<keyof typeof results, [length: number, value: number]> = {
      gathered: [0, 0],
      scattered: [6 * D, 0],
      added: [0, 0],
      allKnown: [4 * D, 2],
      allHidden: [4 * D, 2],
      nothing: [0, 0],
      dAllKnown: [4 * D, 1],
      dNoToken: [D, 0],
      dNoneKnown: [0, 0],
      dToken: [D, 4],
      dNothing: [0, 0],
      dNothingToken: [D, 0],
      tail: [0, 0],
      zeros: [4 * D, 0],
    };
    for (const [name, [length, value]] of Object.entries(expected)) {
      const values = await valuesOf(results[name as keyof typeof results]);
      assert.deepEqual([...values], new Array(length).fill(value), name);
    }
  });
}

gpuTest("tensors that do not fit are refused", async ({ queue }) => {
  const kernels = tokenKernels(queue!);
  const x = tf.zeros([2, 3, 4]) as tf.Tensor3D;
  const index = tf.zeros([1, 3], "int32") as tf.Tensor2D;
  assert.throws(() => kernels.gatherRows(x, index), /"index" must have shape \[2,3\], got/);
  assert.throws(() => kernels.scatterRows(x, index, 5), /"index"/);
  tf.dispose([x, index]);
  await Promise.resolve();
});
