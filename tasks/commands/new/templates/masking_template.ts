import { DEVICE_PERMISSIONS, type Template } from "./template.ts";

/** A masking strategy. */
export const MASKING_TEMPLATE: Template = {
  what: "a masking strategy",
  packages: ["core", "masking"],
  permissions: DEVICE_PERMISSIONS,
  flags: "--masking my-module",
  source: `import { definePlugin, type Plugin } from "@videoms/core";
import { checkRatio, countHidden, drawnStrategy, type MaskingStrategy } from "@videoms/masking";

/** Options of {@linkcode myModule}. */
export interface MyModuleOptions {
  /** Share of the tokens that is hidden. @default 0.75 */
  maskRatio: number;
}

/**
 * Shows a checkerboard's worth of a clip: tokens whose place and time add up to an even number come
 * first, in an order drawn by chance. Change \`choose\` to show others; hidden tokens are the targets.
 *
 * A strategy that looks at the clip takes token embeddings or patches: see \`motionCentric\` and
 * \`frameDifference\` in @videoms/masking.
 *
 * @example
 * \`\`\`ts ignore
 * const strategy = myModule.create({ maskRatio: 0.75 });
 * console.log(strategy.counts(gridOf(8, 14, 14)));
 * \`\`\`
 */
export const myModule: Plugin<"masking", MyModuleOptions, MaskingStrategy> = definePlugin({
  kind: "masking",
  name: "my-module",
  summary: "shows tokens of a checkerboard first",
  defaults: { maskRatio: 0.75 },
  help: { maskRatio: "share of the tokens that is hidden, in (0, 1)" },
  create({ maskRatio }: MyModuleOptions): MaskingStrategy {
    checkRatio('masking "my-module"', "maskRatio", maskRatio);
    const counts: MaskingStrategy["counts"] = (grid) =>
      countHidden("my-module", maskRatio, grid.tokens, 1);
    return drawnStrategy({
      name: "my-module",
      counts,
      choose(grid, random) {
        const isEven = (token: number) => {
          const place = token % grid.perTubelet;
          const tubelet = Math.floor(token / grid.perTubelet);
          const [row, column] = [Math.floor(place / grid.columns), place % grid.columns];
          return (tubelet + row + column) % 2 === 0;
        };
        const order = [...random.permutation(grid.tokens)];
        const tokens = [...order.filter(isEven), ...order.filter((token) => !isEven(token))];
        const { visible } = counts(grid);
        return {
          visible: Int32Array.from(tokens.slice(0, visible)),
          target: Int32Array.from(tokens.slice(visible)),
        };
      },
    });
  },
});
`,
  test: `import { maskingChecks } from "@videoms/masking/testing";
import { myModule } from "./mod.ts";

const checks = maskingChecks(myModule, { impossible: [{ maskRatio: 0 }, { maskRatio: 1 }] });

for (const { name, run } of checks) {
  // Devices stay open from test to test.
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn: run });
}
`,
  task: `  masking: myModule({ maskRatio: 0.75 }),
`,
};
