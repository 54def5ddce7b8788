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
  onEveryBackend,
  type PluginCheckOptions,
  productOf,
  requireThat,
} from "@videoms/core/testing";
import type { TokenSelection } from "../tokens/token_selection.ts";

const GRIDS: readonly TokenGrid[] = [gridOf(8, 8, 6), gridOf(4, 6, 4), gridOf(5, 8, 10)];

const WIDTH = 6;

/** The kept tokens of clips that seeds stand for, a row each. */
async function kept(
  selection: TokenSelection,
  grid: TokenGrid,
  seeds: readonly number[],
): Promise<number[][]> {
  const values = seeds.flatMap((seed) => {
    const random = randomStream(seed, "values");
    return Array.from({ length: grid.tokens * WIDTH }, () => random.normal());
  });
  const tokens = tf.tensor3d(values, [seeds.length, grid.tokens, WIDTH]);
  const index = await selection.select({
    grid,
    batch: seeds.length,
    embeddings: selection.needsEmbeddings ? tokens : undefined,
    random: seeds.map((seed) => randomStream(seed, "tokens")),
  });
  const { dtype, shape } = index;
  requireThat(dtype === "int32", "kept tokens must be int32", dtype);
  requireThat(
    shape.join() === [seeds.length, selection.count(grid)].join(),
    `kept tokens must be ${selection.count(grid)} of each of ${seeds.length} clips`,
    shape,
  );
  const all = [...await index.data()];
  tf.dispose([tokens, index]);
  return seeds.map((_, b) => all.slice(b * shape[1], (b + 1) * shape[1]));
}

async function checkKept(selection: TokenSelection): Promise<void> {
  for (const grid of GRIDS) {
    const count = selection.count(grid);
    const fits = Number.isSafeInteger(count) && count >= 1 && count <= grid.tokens;
    requireThat(fits, `a count must be 1 to ${grid.tokens}`, count);
    const rows = await onEveryBackend(() => kept(selection, grid, [1, 2, 3]));
    for (const row of rows) {
      const ascends = row.every((token, i) => i === 0 || token > row[i - 1]);
      requireThat(ascends, "kept tokens must ascend", row);
      requireThat(row[0] >= 0 && row.at(-1)! < grid.tokens, "tokens must be in the grid", row);
    }
    const alone = await onEveryBackend(() => kept(selection, grid, [2]));
    requireThat(
      `${alone[0]}` === `${rows[1]}`,
      "a clip's tokens must not depend on the other clips of its batch",
    );
  }
}

/**
 * Checks that any token selection must pass: as many ascending tokens as it announces, the same on every device and in any
 * batch, and a plain JSON descriptor.
 *
 * @example In a test file of a module that exports `myTokens`
 * ```ts
 * import { tokensChecks } from "@videoms/masking/testing";
 * import { allTokens as myTokens } from "@videoms/masking";
 *
 * for (const { name, run } of tokensChecks(myTokens)) {
 *   Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn: run });
 * }
 * ```
 */
export function tokensChecks<Options extends PluginOptions>(
  plugin: Plugin<"tokens", Options, TokenSelection>,
  settings: PluginCheckOptions<Options> = {},
): ConformanceCheck[] {
  return [
    ...descriptorChecks(plugin, settings),
    {
      name: `tokens "${plugin.name}" keep what they announce, clip by clip`,
      run: () => checkKept(productOf(plugin, settings)),
    },
  ];
}
