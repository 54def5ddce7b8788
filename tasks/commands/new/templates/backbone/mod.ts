/**
 * A backbone for VideoMS.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { definePlugin, gelu, layerNorm, linear, type Plugin, type Scope } from "@videoms/core";
import { type Backbone, type BlockOptions, denseSpecs, normSpecs } from "@videoms/models";

/** Options of {@linkcode myModule}. */
export interface MyModuleOptions {
  /** Width of the hidden layer of a block, in multiples of the token's. @default 2 */
  expansion: number;
}

/** A dense layer by its name. */
function dense(x: tf.Tensor3D, p: Scope, name: string): tf.Tensor3D {
  return linear(x, p<tf.Tensor2D>(`${name}.weight`), p<tf.Tensor1D>(`${name}.bias`));
}

/**
 * Blocks without attention: each token sees itself and the mean of its clip's tokens, so that their cost
 * grows with the tokens, not with their square. Change `blockSpecs` and `runBlock` together.
 */
export const myModule: Plugin<"backbone", MyModuleOptions, Backbone> = definePlugin({
  kind: "backbone",
  name: "my-module",
  summary: "blocks in which tokens see the mean of their clip",
  defaults: { expansion: 2 },
  help: { expansion: "width of the hidden layer, in multiples of the token's" },
  create({ expansion }: MyModuleOptions): Backbone {
    if (!(expansion > 0)) {
      throw new RangeError(
        `Cannot build backbone "my-module": expansion must be above 0, got ${expansion}`,
      );
    }
    const hidden = ({ width }: BlockOptions) => Math.ceil(width * expansion);
    return {
      name: "my-module",
      blockSpecs: (prefix, options, initializer) => [
        ...normSpecs(`${prefix}.norm`, options.width),
        ...denseSpecs(`${prefix}.expand`, options.width, hidden(options), initializer),
        ...denseSpecs(`${prefix}.mean`, options.width, hidden(options), initializer),
        ...denseSpecs(`${prefix}.contract`, hidden(options), options.width, initializer),
      ],
      runBlock(x, p, { normEpsilon = 1e-6 }) {
        const y = layerNorm(x, p("norm.weight"), p("norm.bias"), normEpsilon);
        const mean = tf.mean<tf.Tensor3D>(y, 1, true);
        const mixed: tf.Tensor3D = tf.add(dense(y, p, "expand"), dense(mean, p, "mean"));
        return tf.add(x, dense(gelu(mixed), p, "contract"));
      },
      blockCost: (options, tokens) => (2 * tokens + 1) * options.width * hidden(options),
    };
  },
});
