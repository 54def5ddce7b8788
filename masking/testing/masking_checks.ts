import * as tf from "@tensorflow/tfjs-core";
import {
  gridOf,
  type Plugin,
  type PluginOptions,
  randomStream,
  type TokenGrid,
} from "@videoms/core";
import {
  type ConformanceCheck,
  descriptorChecks,
  onBackend,
  onEveryBackend,
  type PluginCheckOptions,
  productOf,
  requireRefusal,
  requireThat,
} from "@videoms/core/testing";
import type { MaskingStrategy } from "../strategy/masking_strategy.ts";

/** Options of {@linkcode maskingChecks}. */
export interface MaskingCheckOptions<Options extends PluginOptions>
  extends PluginCheckOptions<Options> {
  /** Grids that the options work with. @default 8 × 8 × 6, 4 × 6 × 4 and 5 × 8 × 10 */
  grids?: readonly TokenGrid[];
}

/** Selected tokens, one row per clip. */
interface Chosen {
  visible: number[][];
  target: number[][];
}

const GRIDS: readonly TokenGrid[] = [gridOf(8, 8, 6), gridOf(4, 6, 4), gridOf(5, 8, 10)];

/** Width of the tokens in the checks. */
const WIDTH = 6;

function valuesOf(seeds: readonly number[], { tokens }: TokenGrid): tf.Tensor3D {
  const values = seeds.flatMap((seed) => {
    const random = randomStream(seed, "values");
    return Array.from({ length: tokens * WIDTH }, () => random.normal());
  });
  return tf.tensor3d(values, [seeds.length, tokens, WIDTH]);
}

async function rowsOf(name: string, index: tf.Tensor2D): Promise<number[][]> {
  requireThat(index.dtype === "int32", `${name} tokens must be int32`, index.dtype);
  requireThat(index.rank === 2, `${name} tokens must have two axes`, index.shape);
  const [rows, length] = index.shape;
  const values = Array.from(await index.data());
  return Array.from({ length: rows }, (_, b) => values.slice(b * length, (b + 1) * length));
}

async function choose(
  strategy: MaskingStrategy,
  grid: TokenGrid,
  seeds: readonly number[],
): Promise<Chosen> {
  const tokens = valuesOf(seeds, grid);
  const selection = await strategy.select({
    grid,
    batch: seeds.length,
    embeddings: strategy.needsEmbeddings ? tokens : undefined,
    patches: strategy.needsPatches ? tokens : undefined,
    random: seeds.map((seed) => randomStream(seed, "mask")),
  });
  const chosen = {
    visible: await rowsOf("visible", selection.visible),
    target: await rowsOf("target", selection.target),
  };
  tf.dispose([tokens, ...Object.values(selection)]);
  return chosen;
}

function checkCounts(strategy: MaskingStrategy, grid: TokenGrid): void {
  const counts = strategy.counts(grid);
  for (const [part, count] of Object.entries(counts)) {
    requireThat(Number.isSafeInteger(count) && count > 0, `${part} must be at least 1`, count);
  }
  const { visible, target } = counts;
  requireThat(visible + target <= grid.tokens, `counts must fit ${grid.tokens} tokens`, counts);
}

function checkTokens(strategy: MaskingStrategy, grid: TokenGrid, chosen: Chosen): void {
  const counts = strategy.counts(grid);
  chosen.visible.forEach((visible, b) => {
    const rows = { visible, target: chosen.target[b] };
    for (const part of ["visible", "target"] as const) {
      const row = rows[part];
      requireThat(
        row.length === counts[part],
        `${part} tokens must be ${counts[part]}`,
        row.length,
      );
      const at = row.findIndex((token, i) => i > 0 && token <= row[i - 1]);
      requireThat(at === -1, `${part} tokens must ascend`, row.slice(at - 1, at + 1));
      const outside = row.find((token) => token < 0 || token >= grid.tokens);
      requireThat(outside === undefined, `tokens must be below ${grid.tokens}`, outside);
    }
    const both = visible.find((token) => rows.target.includes(token));
    requireThat(both === undefined, "no token must be visible and a target", both);
  });
}

/** A clip's tokens must not depend on the rest of its batch. */
async function checkBatches(strategy: MaskingStrategy, grid: TokenGrid): Promise<void> {
  const together = await choose(strategy, grid, [1, 2, 3]);
  const turned = await choose(strategy, grid, [3, 1, 2]);
  const alone = await choose(strategy, grid, [2]);
  for (const part of ["visible", "target"] as const) {
    const [one, two, three] = together[part];
    const same = JSON.stringify(turned[part]) === JSON.stringify([three, one, two]) &&
      JSON.stringify(alone[part]) === JSON.stringify([two]);
    requireThat(same, `a clip's ${part} tokens must not depend on the other clips of its batch`);
  }
}

/** Missing inputs and inputs of the wrong size are rejected without leaking a tensor. */
async function checkInputs(strategy: MaskingStrategy, grid: TokenGrid): Promise<void> {
  const random = [randomStream(0, "mask")];
  await requireRefusal("a batch of two clips with one stream", async () => {
    const tokens = valuesOf([1, 2], grid);
    try {
      const input = { grid, batch: 2, embeddings: tokens, patches: tokens, random };
      tf.dispose(Object.values(await strategy.select(input)));
    } finally {
      tokens.dispose();
    }
  });
  if (!strategy.needsEmbeddings && !strategy.needsPatches) return;
  await requireRefusal("a batch without what the strategy needs", async () => {
    tf.dispose(Object.values(await strategy.select({ grid, batch: 1, random })));
  });
}

/**
 * Checks that any masking strategy must pass: counts, order, disjointness and range of the tokens, the same
 * tokens for the same stream on every device and in any batch, rejection of bad inputs, and a plain JSON
 * descriptor.
 *
 * @example In a test file of a module that exports `myMask`
 * ```ts
 * import { maskingChecks } from "@videoms/masking/testing";
 * import { tube as myMask } from "@videoms/masking";
 *
 * for (const { name, run } of maskingChecks(myMask, { impossible: [{ maskRatio: 1 }] })) {
 *   Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn: run });
 * }
 * ```
 */
export function maskingChecks<Options extends PluginOptions>(
  plugin: Plugin<"masking", Options, MaskingStrategy>,
  settings: MaskingCheckOptions<Options> = {},
): ConformanceCheck[] {
  const { grids = GRIDS } = settings;
  const strategy = (): MaskingStrategy => productOf(plugin, settings);
  const check = (rule: string, test: (grid: TokenGrid) => Promise<void>): ConformanceCheck => ({
    name: `masking "${plugin.name}" ${rule}`,
    async run() {
      for (const grid of grids) await test(grid);
    },
  });
  return [
    ...descriptorChecks(plugin, settings),
    // deno-lint-ignore require-await -- throws become rejections, as the contract says
    check("counts tokens that the grid has", async (grid) => checkCounts(strategy(), grid)),
    check("selects the counted number of ascending, disjoint tokens", async (grid) => {
      const chosen = await onBackend("cpu", () => choose(strategy(), grid, [1, 2]));
      checkTokens(strategy(), grid, chosen);
    }),
    check("selects the same tokens for the same stream on every device", async (grid) => {
      const chosen = await onEveryBackend(() => choose(strategy(), grid, [4, 5]));
      const again = await onBackend("cpu", () => choose(strategy(), grid, [4, 5]));
      requireThat(
        JSON.stringify(again) === JSON.stringify(chosen),
        "the same stream must give the same tokens",
      );
    }),
    check(
      "selects each clip's tokens independently",
      (grid) => onBackend("cpu", () => checkBatches(strategy(), grid)),
    ),
    check(
      "rejects inputs that it cannot work with",
      (grid) => onBackend("cpu", () => checkInputs(strategy(), grid)),
    ),
  ];
}
