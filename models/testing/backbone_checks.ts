import * as tf from "@tensorflow/tfjs-core";
import {
  initialParameters,
  lossAndGradients,
  Parameters,
  type ParameterSpec,
  type Plugin,
  type PluginOptions,
  randomStream,
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
import type { Backbone } from "../backbone/backbone.ts";
import type { BlockOptions } from "../backbone/vit_block.ts";

/** Options of {@linkcode backboneChecks}. */
export interface BackboneCheckOptions<Options extends PluginOptions>
  extends PluginCheckOptions<Options> {
  /** Block options that the backbone supports. @default width 12, 3 heads */
  block?: BlockOptions;
}

const BLOCK: BlockOptions = { width: 12, heads: 3 };

const PREFIX = "encoder.blocks.0";

const TOKENS = 5;

/** Random tokens, one clip per seed. */
function tokensOf(seeds: readonly number[], { width }: BlockOptions): tf.Tensor3D {
  const values = seeds.flatMap((seed) => {
    const random = randomStream(seed, "tokens");
    return Array.from({ length: TOKENS * width }, () => random.normal());
  });
  return tf.tensor3d(values, [seeds.length, TOKENS, width]);
}

/** Random tensors, since fresh ones may be zeros, which hide their effect. */
function parametersOf(specs: readonly ParameterSpec[]): Parameters {
  const values = new Map(
    [...initialParameters(specs, 1)].map(([name, fresh]) => {
      const random = randomStream(2, name);
      return [name, fresh.map((value) => value + 0.2 * random.normal())];
    }),
  );
  return new Parameters(specs, values);
}

function run(
  backbone: Backbone,
  parameters: Parameters,
  x: tf.Tensor3D,
  block: BlockOptions,
  recompute = false,
): tf.Tensor3D {
  return backbone.runBlock(x, parameters.scope(PREFIX), block, { recompute });
}

function checkSpecs(specs: readonly ParameterSpec[]): void {
  requireThat(specs.length > 0, "a block must have tensors");
  const names = specs.map(({ name }) => name);
  const other = names.find((name) => !name.startsWith(`${PREFIX}.`));
  requireThat(other === undefined, `tensors must be called ${PREFIX}.…`, other);
  requireThat(
    new Set(names).size === names.length,
    "tensor names must be unique",
    names,
  );
  const wrong = specs.find(({ shape }) => shape.length < 1 || shape.length > 2);
  requireThat(wrong === undefined, "tensors must be vectors or matrices", wrong);
}

/** A block's output for each clip, on the host. */
async function outputs(
  backbone: Backbone,
  seeds: readonly number[],
  block: BlockOptions,
): Promise<Float32Array[]> {
  const parameters = parametersOf(backbone.blockSpecs(PREFIX, block));
  const x = tokensOf(seeds, block);
  const y = tf.tidy(() => run(backbone, parameters, x, block));
  requireThat(
    y.shape.join() === x.shape.join(),
    `tokens must keep the shape [${x.shape}]`,
    y.shape,
  );
  const values = await y.data() as Float32Array;
  const size = TOKENS * block.width;
  tf.dispose([x, y]);
  parameters.dispose();
  return seeds.map((_, b) => values.slice(b * size, (b + 1) * size));
}

function difference(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

async function checkClips(backbone: Backbone, block: BlockOptions): Promise<void> {
  const [one, two] = await outputs(backbone, [1, 2], block);
  const [alone] = await outputs(backbone, [2], block);
  requireThat(difference(two, alone) < 1e-5, "clips of a batch must not see each other");
  requireThat(difference(one, two) > 1e-3, "the output must depend on the clip");
}

async function checkDevices(backbone: Backbone, block: BlockOptions): Promise<void> {
  const [expected] = await onBackend("cpu", () => outputs(backbone, [1], block));
  for (const backend of await backendsHere()) {
    const [found] = await onBackend(backend, () => outputs(backbone, [1], block));
    const error = difference(expected, found);
    requireThat(error < 1e-4, `${backend} must agree with cpu to 1e-4`, error);
  }
}

async function checkGradients(backbone: Backbone, block: BlockOptions): Promise<void> {
  const parameters = parametersOf(backbone.blockSpecs(PREFIX, block));
  const x = tokensOf([1, 2], block);
  const gradientsOf = (recompute: boolean) =>
    lossAndGradients(
      parameters,
      () => tf.mean(tf.square(run(backbone, parameters, x, block, recompute))) as tf.Scalar,
    );
  const [kept, again] = [gradientsOf(false), gradientsOf(true)];
  for (const [name, gradient] of kept.gradients) {
    const values = await gradient.data() as Float32Array;
    requireThat(values.every(Number.isFinite), `the gradient of "${name}" must be finite`);
    requireThat(values.some((value) => value !== 0), `a gradient must reach "${name}"`);
    const other = await again.gradients.get(name)!.data() as Float32Array;
    requireThat(
      difference(values, other) < 1e-5,
      `the gradient of "${name}" must be the same with activation checkpointing`,
    );
  }
  for (const { loss, gradients } of [kept, again]) tf.dispose([loss, ...gradients.values()]);
  x.dispose();
  parameters.dispose();
}

/**
 * Checks that any backbone must pass: named tensors, tokens that keep their shape, independent clips,
 * gradients for every tensor, also with activation checkpointing, the same values on every device, and a
 * plain JSON descriptor.
 *
 * @example In a test file of a module that exports `myBackbone`
 * ```ts
 * import { backboneChecks } from "@videoms/models/testing";
 * import { vit as myBackbone } from "@videoms/models";
 *
 * for (const { name, run } of backboneChecks(myBackbone)) {
 *   Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn: run });
 * }
 * ```
 */
export function backboneChecks<Options extends PluginOptions>(
  plugin: Plugin<"backbone", Options, Backbone>,
  settings: BackboneCheckOptions<Options> = {},
): ConformanceCheck[] {
  const { block = BLOCK } = settings;
  const backbone = (): Backbone => productOf(plugin, settings);
  const title = `backbone "${plugin.name}"`;
  return [
    ...descriptorChecks(plugin, settings),
    {
      name: `${title} names its tensors and counts its MACs`,
      // deno-lint-ignore require-await -- throws become rejections, as the contract says
      async run() {
        checkSpecs(backbone().blockSpecs(PREFIX, block));
        const costs = [10, 20].map((tokens) => backbone().blockCost(block, tokens));
        requireThat(costs[0] > 0 && costs[1] > costs[0], "more tokens must cost more", costs);
      },
    },
    {
      name: `${title} keeps clips apart`,
      run: () => onBackend("cpu", () => checkClips(backbone(), block)),
    },
    { name: `${title} is the same on every device`, run: () => checkDevices(backbone(), block) },
    {
      name: `${title} has a gradient for every tensor`,
      run: () => onBackend("cpu", () => checkGradients(backbone(), block)),
    },
  ];
}
