import * as tf from "@tensorflow/tfjs-core";
import {
  type HostTensors,
  initialParameters,
  type ParameterRule,
  type Parameters,
  type ParameterSpec,
  softmaxCrossEntropy,
} from "@videoms/core";
import { attentiveHeadSpecs, attentiveScores } from "./attentive_head.ts";
import { linearScores, outputSpecs } from "./linear_head.ts";
import { channelStandard, standardize, standardSpecs } from "./standardize.ts";

/** Kinds of probe: a linear layer on the mean of the tokens, or a query that attends to them. */
export const PROBE_KINDS = ["linear", "attentive"] as const;

/** A kind of probe. */
export type ProbeKind = typeof PROBE_KINDS[number];

/** A head and how it is trained. */
export interface ProbeHead {
  /** What it is. */
  readonly kind: ProbeKind;
  /** Learning rate relative to the schedule's. */
  readonly rate: number;
  /** Weight decay relative to the schedule's. */
  readonly decay: number;
}

/** Probe heads that are trained together. */
export interface ProbeHeadsOptions {
  /** Width of a token, D. */
  width: number;
  /** Number of classes, at least 2. */
  classes: number;
  /** Attention heads of the attentive probes; divides the width. */
  attentiveHeads: number;
  /** The heads, G of them. */
  heads: readonly ProbeHead[];
}

/** Features of clips from a frozen encoder. */
export interface ProbeFeatures {
  /** [B, K, D] */
  tokens: tf.Tensor3D;
  /** [B, D] */
  pooled: tf.Tensor2D;
}

/** Prefix of the tensors that standardise pooled features. */
const STANDARD = "standard";

/**
 * Every combination of kind, learning rate and weight decay, nested in that order.
 *
 * @example
 * ```ts
 * import { probeGrid } from "@videoms/models";
 *
 * const heads = probeGrid({ kinds: ["linear", "attentive"], rates: [0.1, 0.01], decays: [0] });
 * console.assert(heads.length === 4 && heads[1].rate === 0.01);
 * ```
 */
export function probeGrid({ kinds, rates, decays }: {
  readonly kinds: readonly ProbeKind[];
  readonly rates: readonly number[];
  readonly decays: readonly number[];
}): ProbeHead[] {
  return kinds.flatMap((kind) =>
    rates.flatMap((rate) => decays.map((decay) => ({ kind, rate, decay })))
  );
}

/**
 * Classifiers on frozen features, trained together and independently in one pass of the encoder. The loss is
 * the sum of theirs, so that each gets its own gradient, and {@linkcode ProbeHeads.rule} gives each its own
 * learning rate and weight decay; gradients must not be clipped by a joint norm.
 *
 * Heads of one kind start from the same weights, so that they differ in learning rate and weight decay alone.
 */
export class ProbeHeads {
  /** The heads' architecture. */
  readonly options: ProbeHeadsOptions;
  /** The tensors: `heads.<i>.…`, and `standard.…` for all linear heads. */
  readonly specs: readonly ParameterSpec[];

  /**
   * Checks the options.
   *
   * @throws {RangeError} if there is no head, fewer than two classes, or attention heads that do not divide
   * the width
   */
  constructor(options: ProbeHeadsOptions) {
    checkOptions(options);
    this.options = options;
    this.specs = [
      ...hasLinear(options.heads) ? standardSpecs(STANDARD, options.width) : [],
      ...options.heads.flatMap(({ kind }, i) => headSpecs(kind, `heads.${i}`, options)),
    ];
  }

  /** Initial values; linear heads are standardised by `pooled` features [V, D] of some clips. */
  initialValues(seed: number, pooled?: Float32Array): HostTensors {
    const values = new Map(initialParameters(this.specs, seed));
    this.options.heads.forEach(({ kind }, i) => {
      for (const [name, shared] of initialParameters(headSpecs(kind, kind, this.options), seed)) {
        values.set(`heads.${i}${name.slice(kind.length)}`, shared);
      }
    });
    if (pooled && hasLinear(this.options.heads)) {
      const { mean, scale } = channelStandard(pooled, this.options.width);
      values.set(`${STANDARD}.mean`, mean);
      values.set(`${STANDARD}.scale`, scale);
    }
    return values;
  }

  /**
   * Learning rate and weight decay of a tensor: its head's. Vectors do not decay, and the standardisation is
   * fixed.
   */
  readonly rule = ({ name, shape }: ParameterSpec): ParameterRule => {
    const [, index] = /^heads\.(\d+)\./.exec(name) ?? [];
    if (index === undefined) return { rateScale: 0, decayScale: 0 };
    const { rate, decay } = this.options.heads[Number(index)];
    return { rateScale: rate, decayScale: shape.length > 1 ? decay : 0 };
  };

  /** Class scores of every head, [G, B, classes]. */
  scores(parameters: Parameters, { tokens, pooled }: ProbeFeatures): tf.Tensor3D {
    const { heads, attentiveHeads } = this.options;
    const scope = (i: number) => parameters.scope(`heads.${i}`);
    const attentive = heads.flatMap(({ kind }, i) => kind === "attentive" ? [i] : []);
    const attended = attentiveScores(tokens, attentive.map(scope), attentiveHeads);
    const standard = hasLinear(heads) ? standardize(pooled, parameters.scope(STANDARD)) : pooled;
    return tf.stack(
      heads.map(({ kind }, i) =>
        kind === "linear" ? linearScores(standard, scope(i)) : attended[attentive.indexOf(i)]
      ),
    ) as tf.Tensor3D;
  }

  /**
   * The sum over the heads of their mean cross-entropy.
   *
   * @param targets [B, classes], rows sum to 1
   */
  loss(parameters: Parameters, features: ProbeFeatures, targets: tf.Tensor2D): tf.Scalar {
    const scores = this.scores(parameters, features);
    const [heads, batch, classes] = scores.shape;
    const rows: tf.Tensor2D = tf.reshape(scores, [heads * batch, classes]);
    return tf.mul(softmaxCrossEntropy(rows, tf.tile(targets, [heads, 1])), heads);
  }
}

function hasLinear(heads: readonly ProbeHead[]): boolean {
  return heads.some(({ kind }) => kind === "linear");
}

function headSpecs(kind: ProbeKind, prefix: string, options: ProbeHeadsOptions): ParameterSpec[] {
  return kind === "linear"
    ? outputSpecs(prefix, options.width, options.classes)
    : attentiveHeadSpecs(prefix, options);
}

function checkOptions({ width, classes, attentiveHeads, heads }: ProbeHeadsOptions): void {
  const refuse = (rule: string, got: unknown): never => {
    throw new RangeError(`Cannot build probes: ${rule}, got ${got}`);
  };
  if (heads.length === 0) refuse("there must be a head", "none");
  if (!Number.isInteger(classes) || classes < 2) {
    refuse("classes must be a whole number from 2", classes);
  }
  const divides = Number.isInteger(attentiveHeads) && attentiveHeads > 0 &&
    width % attentiveHeads === 0;
  if (!divides && heads.some(({ kind }) => kind === "attentive")) {
    refuse("attentiveHeads must divide the encoder's width", `${attentiveHeads} and ${width}`);
  }
}
