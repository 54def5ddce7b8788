import * as tf from "@tensorflow/tfjs-core";
import { gatherTokens, type Parameters, tidy } from "@videoms/core";
import { standardizedFeatures } from "../objective/latent.ts";
import type { MaskedAutoencoder, TokenSets } from "./masked_autoencoder.ts";

/** What tells that a run may learn nothing although its loss falls. */
export interface CollapseSigns {
  /**
   * Dimensions that the encoder's features spread over: (tr C)² / tr C², C their covariance (participation
   * ratio). 1 where all tokens lie on a line, D where all directions are alike.
   */
  featureRank: number;
  /** The same of the targets, where these are a teacher's features; null for pixels. */
  targetRank: number | null;
  /**
   * Std of the targets' dimensions over the tokens, the mean of all dimensions, where they are a teacher's features,
   * which have a variance of 1 token by token: 0 where all tokens have the same ones. Null for pixels.
   */
  targetStd: number | null;
  /** Share of the target tokens that have one colour; normalised, they are nothing to learn from. */
  flatTargets: number;
  /** Share of the chosen tokens that has changed since the last evaluation; null at the first. */
  maskDrift: number | null;
}

/** Features that spread over fewer dimensions tell tokens apart by hardly more than one number. */
const LEAST_RANK = 1.5;

/** Below it, one vector for all tokens explains 99 % of the targets' variance. */
const LEAST_STD = 0.1;

/** From this share on, most of what is reconstructed has no content: black borders, still titles. */
const MOST_FLAT = 0.5;

/** Beyond this share, what is reconstructed is hardly the same from one evaluation to the next. */
const MOST_DRIFT = 0.5;

/** Variance of the normalised pixels of a channel below which its bytes differ by rounding only. */
const FLAT = 1e-4;

/** Rank of features [B, N, D], and the mean over their dimensions of the std over tokens. */
function spreadOf(tokens: tf.Tensor3D): [rank: tf.Scalar, std: tf.Scalar] {
  const features = tf.reshape(tokens, [-1, tokens.shape[2]]);
  const centred = tf.sub(features, tf.mean(features, 0));
  const covariance = tf.matMul(centred, centred, true) as tf.Tensor2D;
  const squares = tf.square(centred);
  const rank = tf.div(tf.square(tf.sum(squares)), tf.sum(tf.square(covariance)));
  return [rank as tf.Scalar, tf.mean(tf.sqrt(tf.mean(squares, 0)))];
}

/** Share of target tokens that have one colour. */
function flatShare(patches: tf.Tensor3D, { target }: TokenSets): tf.Scalar {
  const targets = gatherTokens(patches, target); // [B, M, P], channels fastest
  const [size, count, values] = targets.shape;
  const { variance } = tf.moments(tf.reshape(targets, [size, count, values / 3, 3]), 2);
  return tf.mean(tf.cast(tf.less(tf.max(variance, 2), FLAT), "float32"));
}

/** What is measured: a model and its weights, and those of a teacher whose features it predicts. */
export interface CollapseSubject {
  readonly model: MaskedAutoencoder;
  readonly parameters: Parameters;
  /** Null or left out where pixels are predicted. */
  readonly teacher?: Parameters | null;
}

/**
 * Measures a batch of held-out clips.
 *
 * @param patches normalised pixels [B, N, P]
 * @param drift which tokens of these clips were chosen before
 */
export async function collapseSigns(
  { model, parameters, teacher = null }: CollapseSubject,
  patches: tf.Tensor3D,
  sets: TokenSets,
  drift: MaskDrift,
): Promise<CollapseSigns> {
  const signs = tidy(() => {
    const [rank] = spreadOf(model.encode(parameters, patches, sets.visible));
    const own = [rank, flatShare(patches, sets)];
    if (!teacher) return tf.stack(own);
    const targets = gatherTokens(model.encodeAll(teacher, patches), sets.target);
    return tf.stack([...own, ...spreadOf(standardizedFeatures(targets))]);
  });
  try {
    const [featureRank, flatTargets, targetRank = null, targetStd = null] = await signs.data();
    const maskDrift = await drift.since(sets);
    return { featureRank, targetRank, targetStd, flatTargets, maskDrift };
  } finally {
    signs.dispose();
  }
}

/** What to tell people of targets that hardly differ; empty where they do, or are pixels. */
function targetWarnings({ targetRank, targetStd }: CollapseSigns): string[] {
  if (targetRank === null || targetStd === null) return [];
  if (targetRank >= LEAST_RANK && targetStd >= LEAST_STD) return [];
  return [
    "the features to be predicted hardly differ between tokens of held-out clips: they spread over " +
    `${targetRank.toFixed(2)} dimensions (bad below ${LEAST_RANK}) with a std of ${
      targetStd.toFixed(3)
    } ` +
    `(bad below ${LEAST_STD}), so that a small loss means nothing; a higher optimizer.emaDecay or a lower ` +
    "optimizer.lr may help",
  ];
}

/** What to tell people of signs that are bad; empty where none is. */
export function collapseWarnings(signs: CollapseSigns): string[] {
  const { featureRank, flatTargets, maskDrift } = signs;
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  const warnings: string[] = targetWarnings(signs);
  if (!(featureRank >= LEAST_RANK)) {
    warnings.push(
      `the encoder's features of held-out clips spread over ${featureRank.toFixed(2)} dimensions ` +
        `(below ${LEAST_RANK}): it hardly tells tokens apart; a lower optimizer.lr may help`,
    );
  }
  if (flatTargets > MOST_FLAT) {
    warnings.push(
      `${percent(flatTargets)} of the tokens to be reconstructed have one colour (above ` +
        `${percent(MOST_FLAT)}): look at the pictures of the run, and at what masking chooses`,
    );
  }
  if (maskDrift !== null && maskDrift > MOST_DRIFT) {
    warnings.push(
      `${percent(maskDrift)} of the tokens chosen on held-out clips are others than at the last ` +
        `evaluation (above ${
          percent(MOST_DRIFT)
        }): embeddings change faster than the decoder can ` +
        "follow; a lower optimizer.lr or a longer warm-up may help",
    );
  }
  return warnings;
}

/**
 * Follows which tokens of the same clips a strategy chooses as its embeddings learn. Between two
 * evaluations only what is informative can change: the draws are the same.
 */
export class MaskDrift {
  #before: ReadonlySet<number> | null = null;

  /**
   * Share of the tokens chosen at the last call, visible or targets, that are not chosen any more.
   *
   * @returns null at the first call
   */
  async since({ visible, target }: TokenSets): Promise<number | null> {
    const now = new Set<number>();
    for (const index of [visible, target]) {
      const [, length] = index.shape;
      // Tokens of different clips must not be taken for each other.
      (await index.data()).forEach((token, i) => now.add(Math.floor(i / length) * 2 ** 32 + token));
    }
    const before = this.#before;
    this.#before = now;
    if (!before) return null;
    return before.difference(now).size / before.size;
  }
}
