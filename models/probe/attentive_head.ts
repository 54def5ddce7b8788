import * as tf from "@tensorflow/tfjs-core";
import {
  gelu,
  type Initializer,
  layerNorm,
  linear,
  linearOfData,
  type ParameterSpec,
  type Scope,
} from "@videoms/core";
import { denseSpecs, hiddenWidth, normSpecs } from "../backbone/vit_block.ts";
import { outputSpecs } from "./linear_head.ts";

/** Architecture of an attentive head. */
export interface AttentiveHeadOptions {
  /** Width of a token, D. */
  width: number;
  /** Attention heads; divides the width. */
  attentiveHeads: number;
  /** Classes. */
  classes: number;
}

/** Std of the initial weights, except for residual branches' outputs. */
const STD = 0.02;

function normal(std: number): () => Initializer {
  return () => ({ kind: "truncated-normal", std, limit: 2 });
}

/** The tensors of an attentive head. Keys have no bias, since it would not change the softmax. */
export function attentiveHeadSpecs(
  prefix: string,
  { width, classes }: AttentiveHeadOptions,
): ParameterSpec[] {
  const inner = normal(STD);
  const summed = normal(STD / Math.SQRT2); // two residual branches, as in V-JEPA
  const hidden = hiddenWidth({ width, heads: 1 });
  return [
    { name: `${prefix}.query`, shape: [width], initializer: inner() },
    ...normSpecs(`${prefix}.tokenNorm`, width),
    ...denseSpecs(`${prefix}.attention.query`, width, width, inner),
    { name: `${prefix}.attention.keyWeight`, shape: [width, width], initializer: inner() },
    ...denseSpecs(`${prefix}.attention.value`, width, width, inner),
    ...denseSpecs(`${prefix}.attention.output`, width, width, summed),
    ...normSpecs(`${prefix}.mlpNorm`, width),
    ...denseSpecs(`${prefix}.mlp.expand`, width, hidden, inner),
    ...denseSpecs(`${prefix}.mlp.contract`, hidden, width, summed),
    ...outputSpecs(prefix, width, classes),
  ];
}

/** Tokens [B, K, D] normalised to mean 0 and variance 1, shared by all heads. */
function normalized(tokens: tf.Tensor3D): tf.Tensor3D {
  const width = tokens.shape[2];
  return layerNorm(tokens, tf.ones([width]), tf.zeros([width]));
}

/**
 * The query projected onto normalised tokens, [D, heads]: the product with a token is its score in each
 * attention head.
 */
function queryDirections(p: Scope, heads: number): tf.Tensor2D {
  const token = tf.reshape(p("query"), [1, -1]) as tf.Tensor2D;
  const query = linear(token, p("attention.query.weight"), p("attention.query.bias"));
  const width = query.shape[1];
  const keys = tf.reshape(p("attention.keyWeight"), [width, heads, width / heads]);
  const byHead = tf.reshape(query, [1, heads, width / heads]);
  const directions = tf.mul(tf.sum(tf.mul(keys, byHead), 2), (width / heads) ** -0.5);
  return tf.mul(directions, tf.reshape(p("tokenNorm.weight"), [width, 1])) as tf.Tensor2D;
}

/** Values of attention-weighted means [B, heads, D] of normalised tokens, heads side by side [B, D]. */
function valuesOfMeans(means: tf.Tensor3D, p: Scope): tf.Tensor2D {
  const [batch, heads, width] = means.shape;
  const scaled = tf.add(tf.mul(means, p("tokenNorm.weight")), p("tokenNorm.bias"));
  const weight = tf.reshape(p("attention.value.weight"), [width, heads, width / heads]);
  const byHead = tf.matMul(tf.transpose(scaled, [1, 0, 2]), tf.transpose(weight, [1, 0, 2]));
  const values = tf.reshape(tf.transpose(byHead, [1, 0, 2]), [batch, width]);
  return tf.add(values, p("attention.value.bias")) as tf.Tensor2D;
}

/** Class scores [B, classes] of attention-weighted means [B, heads, D]. */
function scoresOfMeans(means: tf.Tensor3D, p: Scope): tf.Tensor2D {
  const values = valuesOfMeans(means, p);
  const attended = linear(values, p("attention.output.weight"), p("attention.output.bias"));
  const x = tf.add(attended, p("query")) as tf.Tensor2D;
  const normal = layerNorm(x, p("mlpNorm.weight"), p("mlpNorm.bias"));
  const hidden = gelu(linear(normal, p("mlp.expand.weight"), p("mlp.expand.bias")));
  const y: tf.Tensor2D = tf.add(
    x,
    linear(hidden, p("mlp.contract.weight"), p("mlp.contract.bias")),
  );
  return linear(y, p("output.weight"), p("output.bias"));
}

/**
 * Class scores of attentive probes: a learned query attends to the tokens in a cross-attention block with an
 * MLP, and the output is classified (Bardes et al.: arXiv 2404.08471, V-JEPA).
 *
 * With a single query, scores need no key projection of the tokens, and values can be computed from the
 * weighted means: `q·(Kx) = (Kᵀq)·x` and `Σ p (Vx) = V (Σ p x)`. That saves the two projections of all
 * tokens, which are nearly all of the work, and lets all heads share the passes over the tokens.
 *
 * @param tokens features [B, K, D]; they get no gradient
 * @param heads the tensors of each head
 * @param attentiveHeads attention heads of each
 * @returns [B, classes] of each head
 */
export function attentiveScores(
  tokens: tf.Tensor3D,
  heads: readonly Scope[],
  attentiveHeads: number,
): tf.Tensor2D[] {
  if (heads.length === 0) return [];
  const [batch, , width] = tokens.shape;
  const normal = normalized(tokens);
  const directions = tf.concat(heads.map((p) => queryDirections(p, attentiveHeads)), 1);
  const scores = tf.transpose(linearOfData(normal, directions, null), [0, 2, 1]);
  const means: tf.Tensor3D = tf.matMul(tf.softmax(scores), normal);
  return heads.map((p, i) => {
    const own = tf.slice(means, [0, i * attentiveHeads, 0], [batch, attentiveHeads, width]);
    return scoresOfMeans(own, p);
  });
}
