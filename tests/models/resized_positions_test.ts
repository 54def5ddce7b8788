import assert from "node:assert/strict";
import { floatBytes, gridOf, type WeightTensor } from "@videoms/core";
import {
  learned,
  planEncoderWeights,
  positionsInWeights,
  readPlannedValues,
  separableSineCosine,
  sineCosine,
  toPyTorch,
  VideoEncoder,
} from "@videoms/models";
import { resizedRows } from "../../models/checkpoint/resized_positions.ts";

/** Positions of 2 × 2 × 3 places of width 1. */
const ROWS = Float32Array.from({ length: 12 }, (_, i) => (i * i) % 17);

Deno.test("positions are resized as PyTorch's trilinear interpolation does it", () => {
  // torch 2.13: F.interpolate(torch.arange(12.).square().remainder(17).reshape(1, 1, 2, 2, 3), size=(3, 3, 2),
  // mode="trilinear").flatten()
  const expected = [
    0.25,
    3.25,
    5.5,
    6.625,
    10.75,
    10.0,
    2.75,
    8.375,
    7.4375,
    8.0,
    12.125,
    7.625,
    5.25,
    13.5,
    9.375,
    9.375,
    13.5,
    5.25,
  ];
  const resized = resizedRows(ROWS, gridOf(2, 2, 3), gridOf(3, 3, 2));
  assert.equal(resized.length, expected.length);
  resized.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-5, `${i}: ${value}`));
});

const tensor = (values: Float32Array, shape: number[]): WeightTensor => ({
  type: "F32",
  shape,
  read: () => Promise.resolve(new Uint8Array(floatBytes(values))),
});

Deno.test("what positions weights have is told by their values", async () => {
  const grid = gridOf(4, 3, 3);
  const tableOf = async (values: Float32Array) => {
    const tensors = new Map([["encoder.pos_embed", tensor(values, [1, 36, 24])]]);
    const { positions, tensors: left } = await positionsInWeights(tensors, false);
    return { positions, left: left.size };
  };
  assert.deepEqual(await tableOf(sineCosine.create({}).table!(grid, 24)), {
    positions: sineCosine(),
    left: 0,
  });
  for (const uniform of [true, false]) {
    const table = separableSineCosine.create({ uniform }).table!(grid, 24);
    assert.deepEqual(await tableOf(table), {
      positions: separableSineCosine({ uniform }),
      left: 0,
    });
    const other = table.map((value) => 0.9 * value);
    assert.deepEqual(await tableOf(other), { positions: learned({ separate: false }), left: 1 });
  }
});

Deno.test("learned positions of other clips are resized, and kept as they are for the same", async () => {
  const model = (frames: number, imageSize: number, separate: boolean) => {
    const encoder = { width: 12, depth: 1, heads: 2, positions: learned.create({ separate }) };
    const geometry = { frames, tubeletSize: 2, imageSize, patchSize: 4 };
    return new VideoEncoder({ geometry, encoder, network: "pretrain" });
  };
  for (const separate of [true, false]) {
    const [small, large] = [model(8, 8, separate), model(4, 16, separate)];
    const { specs } = small;
    const named = new Map(specs.map(({ name, shape }) => {
      const size = shape.reduce((product, side) => product * side, 1);
      return [name, Float32Array.from({ length: size }, (_, i) => Math.sin(i))];
    }));
    const stored = toPyTorch(specs, named, small.options.geometry, "pretrain");
    const tensors = new Map(
      [...stored].map(([name, { shape, values }]) => [name, tensor(values, [...shape])]),
    );
    const load = async ({ specs, options }: VideoEncoder) =>
      await readPlannedValues(
        planEncoderWeights(tensors, { specs, options }),
        tensors,
        { specs, geometry: options.geometry },
        { frames: 8, imageSize: 8 },
      );
    const [same, other] = [await load(small), await load(large)];
    for (const { name } of specs.filter(({ name }) => name.includes("positions"))) {
      assert.deepEqual(same.get(name), named.get(name));
    }
    const rows = (values: ReadonlyMap<string, Float32Array>, part: string) =>
      values.get(`encoder.positions.${part}`)!;
    if (separate) {
      assert.deepEqual(
        rows(other, "time"),
        resizedRows(rows(named, "time"), gridOf(4, 1, 1), gridOf(2, 1, 1)),
      );
      assert.deepEqual(
        rows(other, "space"),
        resizedRows(rows(named, "space"), gridOf(1, 2, 2), gridOf(1, 4, 4)),
      );
    } else {
      assert.deepEqual(
        rows(other, "table"),
        resizedRows(rows(named, "table"), gridOf(4, 2, 2), gridOf(2, 4, 4)),
      );
    }
    small.dispose();
    large.dispose();
  }
});
