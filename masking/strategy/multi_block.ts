import { definePlugin, type Plugin, type RandomStream, type TokenGrid } from "@videoms/core";
import { checkRatio, countHidden } from "./counts.ts";
import { drawnStrategy, firstNumbers } from "./drawn_strategy.ts";
import type { MaskingStrategy } from "./masking_strategy.ts";

/** Options of {@linkcode multiBlock}. */
export interface MultiBlockOptions {
  /** Share of the clip's tokens that blocks hide. @default 0.75 */
  maskRatio: number;
  /** Area of a block as a share of the frame's. @default 0.15 */
  area: number;
  /** Duration of a block as a share of the clip's. @default 1 */
  time: number;
  /** Smallest ratio of height to width of a block. @default 0.75 */
  minAspect: number;
  /** Largest ratio of height to width of a block. @default 1.5 */
  maxAspect: number;
}

/** Number of blocks after which single tokens fill the rest: large blocks rarely reach a corner. */
const MOST_BLOCKS = 1000;

const clamp = (value: number, most: number): number => Math.min(Math.max(1, value), most);

/** Tokens of a randomly shaped and placed block, position by position through time. */
function drawBlock(
  { area, time, minAspect, maxAspect }: MultiBlockOptions,
  { tubelets, rows, columns, perTubelet }: TokenGrid,
  random: RandomStream,
): number[] {
  const places = area * perTubelet;
  const aspect = minAspect + (maxAspect - minAspect) * random.uniform();
  const length = clamp(Math.trunc(time * tubelets), tubelets);
  const height = clamp(Math.round(Math.sqrt(places * aspect)), rows);
  const width = clamp(Math.round(Math.sqrt(places / aspect)), columns);
  const from = random.integer(tubelets - length + 1);
  const top = random.integer(rows - height + 1);
  const left = random.integer(columns - width + 1);
  const tokens: number[] = [];
  for (let row = top; row < top + height; row++) {
    for (let column = left; column < left + width; column++) {
      for (let t = from; t < from + length; t++) {
        tokens.push(t * perTubelet + row * columns + column);
      }
    }
  }
  return tokens;
}

/** Exactly `count` tokens that blocks hide, in the order in which they were hidden. */
function hiddenTokens(
  options: MultiBlockOptions,
  grid: TokenGrid,
  count: number,
  random: RandomStream,
): Set<number> {
  const hidden = new Set<number>();
  const add = (tokens: Iterable<number>) => {
    for (const token of tokens) if (hidden.size < count) hidden.add(token);
  };
  for (let block = 0; hidden.size < count && block < MOST_BLOCKS; block++) {
    add(drawBlock(options, grid, random));
  }
  if (hidden.size < count) add(random.permutation(grid.tokens));
  return hidden;
}

function createMultiBlock(options: MultiBlockOptions): MaskingStrategy {
  const { maskRatio, area, time, minAspect, maxAspect } = options;
  const where = 'masking "multi-block"';
  checkRatio(where, "maskRatio", maskRatio);
  for (const [name, share] of Object.entries({ area, time })) {
    if (!(share > 0 && share <= 1)) {
      throw new RangeError(`Cannot build ${where}: ${name} must be in (0, 1], got ${share}`);
    }
  }
  if (!(minAspect > 0 && minAspect <= maxAspect)) {
    throw new RangeError(
      `Cannot build ${where}: minAspect must be above 0 and at most maxAspect, ` +
        `got ${minAspect} and ${maxAspect}`,
    );
  }
  const counts: MaskingStrategy["counts"] = (grid) =>
    countHidden("multi-block", maskRatio, grid.tokens, 1);
  return drawnStrategy({
    name: "multi-block",
    counts,
    choose(grid, random) {
      const hidden = hiddenTokens(options, grid, counts(grid).target, random);
      return {
        visible: firstNumbers(grid.tokens).filter((token) => !hidden.has(token)),
        target: Int32Array.from(hidden),
      };
    },
  });
}

/**
 * Hides 3-D blocks, which may overlap and span some or all tubelets; all hidden tokens are targets. Blocks
 * are added until `maskRatio` of the tokens is hidden, and the last one is cut to fit.
 *
 * Source: Bardes et al., "V-JEPA" (2024), section 3.2. There the number of blocks is fixed (8 of 0.15 and 2
 * of 0.7), all clips of a batch share block shapes, and token lists are cut to the shortest in the batch;
 * here each clip has its own shapes and no token is lost. For both kinds of blocks on each clip, see
 * {@linkcode several}.
 *
 * @throws {RangeError} for a ratio outside (0, 1), a share outside (0, 1] or aspects in the wrong order
 * @example
 * ```ts
 * import { gridOf } from "@videoms/core";
 * import { multiBlock } from "@videoms/masking";
 *
 * const strategy = multiBlock.create({ ...multiBlock.defaults, maskRatio: 0.75 });
 * console.assert(strategy.counts(gridOf(8, 14, 14)).target === 1176);
 * ```
 */
export const multiBlock: Plugin<"masking", MultiBlockOptions, MaskingStrategy> = definePlugin({
  kind: "masking",
  name: "multi-block",
  summary: "hides 3-D blocks (V-JEPA)",
  defaults: { maskRatio: 0.75, area: 0.15, time: 1, minAspect: 0.75, maxAspect: 1.5 },
  help: {
    maskRatio: "share of the tokens that blocks hide, in (0, 1)",
    area: "area of a block as a share of the frame's, in (0, 1]",
    time: "duration of a block as a share of the clip's, in (0, 1]",
    minAspect: "smallest ratio of height to width of a block",
    maxAspect: "largest ratio of height to width of a block",
  },
  create: createMultiBlock,
});
