import * as tf from "@tensorflow/tfjs-core";
import {
  initialParameters,
  lossAndGradients,
  Parameters,
  type Plugin,
  type PluginOptions,
  randomStream,
  tidy,
  tokenGrid,
  valuesPerToken,
} from "@videoms/core";
import {
  backendsHere,
  type ConformanceCheck,
  descriptorChecks,
  onBackend,
  type PluginCheckOptions,
  productOf,
  requireThat,
} from "@videoms/core/testing";
import { MaskedAutoencoder } from "../autoencoder/masked_autoencoder.ts";
import type { Positions } from "../positions/positions.ts";
import { pixels } from "../objective/pixels.ts";

const GEOMETRY = { frames: 6, tubeletSize: 2, imageSize: 8, patchSize: 4 };
const GRID = tokenGrid(GEOMETRY);
const WIDTH = 24;
const HEADS = 3;
const VISIBLE = [1, 2, 6, 11];
const TARGET = [0, 7, 8];

function modelOf(positions: Positions, recompute = false): MaskedAutoencoder {
  const stack = { width: WIDTH, depth: 2, heads: HEADS, positions, recompute };
  return new MaskedAutoencoder({ geometry: GEOMETRY, encoder: stack, decoder: stack });
}

/** Drawn tensors, since fresh ones may be zeros, which hide their effect. */
function parametersOf({ specs }: MaskedAutoencoder): Parameters {
  const values = [...initialParameters(specs, 1)].map(([name, fresh]) => {
    const random = randomStream(2, name);
    return [name, fresh.map((value) => value + 0.2 * random.normal())] as const;
  });
  return new Parameters(specs, new Map(values));
}

/** A clip's patches [1, N, P]. */
function patches(): tf.Tensor3D {
  const random = randomStream(3, "patches");
  const values = valuesPerToken(GEOMETRY);
  const drawn = Float32Array.from({ length: GRID.tokens * values }, () => random.normal());
  return tf.tensor3d(drawn, [1, GRID.tokens, values]);
}

function indexOf(tokens: readonly number[]): tf.Tensor2D {
  return tf.tensor2d([...tokens], [1, tokens.length], "int32");
}

/** Features of the visible tokens in an order, row by row; then what is predicted of the targets. */
async function outputs(positions: Positions, order = VISIBLE): Promise<Float32Array[]> {
  const model = modelOf(positions);
  const parameters = parametersOf(model);
  const made = tidy(() => {
    const sets = { visible: indexOf(order), target: indexOf(TARGET) };
    const encoded = model.encode(parameters, patches(), sets.visible);
    const predicted = model.decode(parameters, encoded, sets);
    return [tf.concat([tf.reshape(encoded, [-1]), tf.reshape(predicted, [-1])])];
  });
  const values = await made[0].data() as Float32Array;
  tf.dispose(made);
  model.dispose();
  parameters.dispose();
  const rows = order.map((_, k) => values.slice(k * WIDTH, (k + 1) * WIDTH));
  return [...rows, values.slice(order.length * WIDTH)];
}

function difference(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

function checkSizes(positions: Positions): void {
  const table = positions.table?.(GRID, WIDTH);
  const rotation = positions.rotation?.(GRID, WIDTH / HEADS);
  requireThat(
    table !== undefined || positions.learned !== undefined || rotation !== undefined,
    "positions must add fixed or learned rows, or rotate",
  );
  const size = GRID.tokens * WIDTH;
  requireThat((table?.length ?? size) === size, "a table must be [N, width]", table?.length);
  for (const part of rotation ? [rotation.cos, rotation.sin] : []) {
    requireThat(part.length === size / HEADS, "a rotation must be [N, d]", part.length);
  }
}

/** Patches in other places must give other features; in another order the same ones. */
async function checkPlaces(positions: Positions): Promise<void> {
  const rows = await outputs(positions);
  const turned = await outputs(positions, VISIBLE.toReversed());
  const predicted = rows.pop()!;
  requireThat(
    difference(predicted, turned.pop()!) < 1e-5 &&
      rows.every((row, k) => difference(row, turned[VISIBLE.length - 1 - k]) < 1e-5),
    "the order in which tokens are given must not matter",
  );
  const none = await outputs({ name: "none" });
  requireThat(
    rows.some((row, k) => difference(row, none[k]) > 1e-3),
    "features must depend on where tokens are",
  );
}

async function checkDevices(positions: Positions): Promise<void> {
  const expected = await onBackend("cpu", () => outputs(positions));
  for (const backend of await backendsHere()) {
    const found = await onBackend(backend, () => outputs(positions));
    const error = Math.max(...expected.map((row, k) => difference(row, found[k])));
    requireThat(error < 1e-4, `${backend} must agree with cpu to 1e-4`, error);
  }
}

/** Gradients of the loss of a masked autoencoder by tensor. */
async function gradientsOf(
  positions: Positions,
  recompute: boolean,
): Promise<Map<string, Float32Array>> {
  const model = modelOf(positions, recompute);
  const parameters = parametersOf(model);
  const clip = patches();
  const objective = pixels.create({ ...pixels.defaults });
  const { loss, gradients } = lossAndGradients(parameters, () => {
    const sets = { visible: indexOf(VISIBLE), target: indexOf(TARGET) };
    return model.loss(parameters, clip, sets, objective);
  });
  const values = new Map<string, Float32Array>();
  for (const [name, gradient] of gradients) {
    values.set(name, await gradient.data() as Float32Array);
  }
  tf.dispose([loss, clip, ...gradients.values()]);
  model.dispose();
  parameters.dispose();
  return values;
}

async function checkGradients(positions: Positions): Promise<void> {
  const [kept, again] = [await gradientsOf(positions, false), await gradientsOf(positions, true)];
  for (const [name, values] of kept) {
    requireThat(values.every(Number.isFinite), `the gradient of "${name}" must be finite`);
    requireThat(values.some((value) => value !== 0), `a gradient must reach "${name}"`);
    requireThat(
      difference(values, again.get(name)!) < 1e-5,
      `the gradient of "${name}" must be the same with activation checkpointing`,
    );
  }
}

/**
 * Checks that any positions must pass: tables of the right size, features that depend on where tokens are but not on
 * their order, gradients for every tensor, also with activation checkpointing, the same values on every device, and a
 * plain JSON descriptor.
 *
 * @example In a test file of a module that exports `myPositions`
 * ```ts
 * import { positionsChecks } from "@videoms/models/testing";
 * import { rotary as myPositions } from "@videoms/models";
 *
 * for (const { name, run } of positionsChecks(myPositions, { impossible: [{ base: 0 }] })) {
 *   Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn: run });
 * }
 * ```
 */
export function positionsChecks<Options extends PluginOptions>(
  plugin: Plugin<"positions", Options, Positions>,
  settings: PluginCheckOptions<Options> = {},
): ConformanceCheck[] {
  const positions = (): Positions => productOf(plugin, settings);
  const title = `positions "${plugin.name}"`;
  return [
    ...descriptorChecks(plugin, settings),
    {
      name: `${title} have the sizes of grid and width`,
      // deno-lint-ignore require-await -- throws become rejections, as the contract says
      async run() {
        checkSizes(positions());
      },
    },
    {
      name: `${title} tell places apart`,
      run: () => onBackend("cpu", () => checkPlaces(positions())),
    },
    { name: `${title} are the same on every device`, run: () => checkDevices(positions()) },
    {
      name: `${title} leave a gradient for every tensor`,
      run: () => onBackend("cpu", () => checkGradients(positions())),
    },
  ];
}
