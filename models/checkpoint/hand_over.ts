import type { ParameterSpec } from "@videoms/core";
import type { VideoClassifierOptions } from "../classifier/video_classifier.ts";
import {
  fromPyTorchTensor,
  pytorchName,
  pytorchShape,
  type PyTorchTensor,
} from "./pytorch_layout.ts";

/** How a classifier starts from a checkpoint. */
export interface HandOverOptions {
  /**
   * Start the norm before the head from the encoder's final norm, where the checkpoint has no norm
   * of a head; otherwise that norm starts fresh. @default false
   */
  initNormFromEncoder?: boolean;
  /** Take the running average of the weights, which our own checkpoints may hold. @default false */
  average?: boolean;
}

/** The classifier that weights are handed to; a `VideoClassifier` is one. */
export interface HandOverModel {
  /** The tensors. */
  readonly specs: readonly ParameterSpec[];
  /** What they look like. */
  readonly options: Pick<VideoClassifierOptions, "geometry">;
}

/** A tensor that was not handed over, and why. */
export interface ExplainedTensor {
  /** PyTorch's name. */
  name: string;
  /** Why that is as it should be. */
  reason: string;
}

/** What became of every tensor of a checkpoint and of a classifier. */
export interface HandOverReport {
  /** Tensors of the checkpoint that the classifier takes. */
  used: readonly string[];
  /** Tensors of the classifier that start fresh. */
  missing: readonly ExplainedTensor[];
  /** Tensors of the checkpoint that the classifier does not take. */
  unused: readonly ExplainedTensor[];
  /** Tensors of the checkpoint left out because the classifier's have another shape: the head's. */
  reshaped: readonly string[];
  /** The same for a person, a few lines. */
  explain: string;
}

/** Where the classifier's tensors come from. */
export interface HandOverPlan {
  /** Name in the checkpoint of each tensor of the classifier that is found there. */
  sources: ReadonlyMap<string, string>;
  /** What became of every tensor. */
  report: HandOverReport;
}

/** The shapes of stored tensors by name; a map of whole tensors is one too. */
export type StoredShapes = ReadonlyMap<string, { readonly shape: readonly number[] }>;

const AVERAGE = "average.";
const ENCODER_NORM = /^norm\.(weight|bias)$/;
const HEAD_NORM = /^fc_norm\./;
const HEAD = /^head\./;
const DIFFERENT_HEAD = "a head for other classes";

/** Why a tensor of a checkpoint may be left behind, by its name without the encoder's prefix. */
const UNUSED: readonly [RegExp, string][] = [
  [/^decoder\./, "the decoder only reconstructs"],
  [/^encoder_to_decoder\./, "the decoder only reconstructs"],
  [/^mask_token$/, "the decoder only reconstructs"],
  [ENCODER_NORM, "the head has a norm of its own"],
];

/** Why a tensor of a classifier may start fresh. */
const MISSING: readonly [RegExp, string][] = [
  [HEAD_NORM, "pre-training has no head"],
  [HEAD, "pre-training has no head"],
];

function reasonFor(rules: readonly [RegExp, string][], name: string): string | undefined {
  return rules.find(([pattern]) => pattern.test(name))?.[1];
}

/** A name as a classifier would have it: without what wrappers and the autoencoder put before it. */
function bareName(name: string): string {
  return name.replace(/^module\./, "").replace(/^(backbone|encoder)\./, "");
}

function refuse(rule: string, names: readonly string[]): RangeError {
  const shown = names.slice(0, 8).map((name) => `"${name}"`).join(", ");
  const rest = names.length > 8 ? ` and ${names.length - 8} more` : "";
  return new RangeError(`Cannot hand weights over: ${rule}, got ${shown}${rest}`);
}

/** Tensors of a checkpoint by bare name, and those of it that are no weights to start from. */
interface Weights {
  stored: Map<string, string>;
  unused: ExplainedTensor[];
}

function weightsOf(shapes: StoredShapes, average: boolean): Weights {
  const stored = new Map<string, string>();
  const unused: ExplainedTensor[] = [];
  for (const name of shapes.keys()) {
    const averaged = name.startsWith(AVERAGE);
    if (name.startsWith("optimizer.")) unused.push({ name, reason: "the optimiser starts afresh" });
    else if (averaged && !average) unused.push({ name, reason: "the last weights are taken" });
    else if (!averaged && average) unused.push({ name, reason: "their average is taken" });
    else {
      const bare = bareName(averaged ? name.slice(AVERAGE.length) : name);
      const twin = stored.get(bare);
      if (twin !== undefined) throw refuse("each tensor must be stored once", [twin, name]);
      stored.set(bare, name);
    }
  }
  if (stored.size === 0) {
    const what = average ? "an average of its weights" : "weights";
    throw new RangeError(`Cannot hand weights over: the checkpoint must hold ${what}, got none`);
  }
  return { stored, unused };
}

/** Takes out the whole head if a part of it has another shape than the model's. */
function dropOtherHead(
  { stored, unused }: Weights,
  shapes: StoredShapes,
  wanted: ReadonlyMap<string, readonly number[]>,
): string[] {
  const head = [...stored].filter(([bare]) => HEAD.test(bare));
  const fits = head.every(([bare, name]) =>
    shapes.get(name)!.shape.join() === wanted.get(bare)?.join()
  );
  if (fits) return [];
  for (const [bare, name] of head) {
    stored.delete(bare);
    unused.push({ name, reason: DIFFERENT_HEAD });
  }
  return head.map(([, name]) => name);
}

/** Lets the encoder's final norm stand in for the norm of a head that the checkpoint lacks. */
function renameEncoderNorm({ stored }: Weights): void {
  for (const part of ["weight", "bias"]) {
    if (stored.has(`fc_norm.${part}`)) continue;
    const name = stored.get(`norm.${part}`);
    if (name === undefined) {
      throw refuse("initNormFromEncoder needs the encoder's final norm", [`no norm.${part}`]);
    }
    stored.delete(`norm.${part}`);
    stored.set(`fc_norm.${part}`, name);
  }
}

/** `name, name (reason)`, one line for each reason; many names are counted, not listed. */
function lines(title: string, tensors: readonly ExplainedTensor[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const { name, reason } of tensors) {
    byReason.set(reason, [...byReason.get(reason) ?? [], name]);
  }
  return [...byReason].map(([reason, names]) => {
    const shown = names.length > 4 ? `${names.length} tensors` : names.join(", ");
    return `${title} ${shown} (${reason})`;
  });
}

function explain(report: Omit<HandOverReport, "explain">, tensors: number): string {
  const { used, missing, unused } = report;
  return [
    `taken:  ${used.length} of the classifier's ${tensors} tensors`,
    ...lines("fresh: ", missing),
    ...lines("unused:", unused),
  ].join("\n");
}

/**
 * Decides which tensors of a checkpoint a classifier starts from, by names and shapes alone. The
 * checkpoint may be one of a masked autoencoder or of a classifier, and names may begin with
 * `module.`, `backbone.` or `encoder.`. The decoder and the encoder's final norm stay behind, and so
 * does a head for other classes; the head and its norm may start fresh. Nothing else may be missing
 * or left over.
 *
 * @throws {RangeError} that names every tensor that is missing, unknown, stored twice or of another
 * shape
 */
export function planHandOver(
  shapes: StoredShapes,
  model: HandOverModel,
  options: HandOverOptions = {},
): HandOverPlan {
  const { initNormFromEncoder = false, average = false } = options;
  const weights = weightsOf(shapes, average);
  const specs = new Map(model.specs.map((spec) => [pytorchName(spec.name, "classifier"), spec]));
  const wanted = new Map(
    [...specs].map(([name, spec]) => [name, pytorchShape(spec, model.options.geometry)]),
  );
  const reshaped = dropOtherHead(weights, shapes, wanted);
  if (initNormFromEncoder) renameEncoderNorm(weights);

  const { stored, unused } = weights;
  const found = [...specs].filter(([bare]) => stored.has(bare));
  const absent = [...specs.keys()].filter((bare) => !stored.has(bare));
  const left = [...stored].filter(([bare]) => !specs.has(bare));
  const lost = absent.filter((bare) => !reasonFor(MISSING, bare));
  if (lost.length > 0) throw refuse("the checkpoint must hold the whole encoder; missing", lost);
  const unknown = left.filter(([bare]) => !reasonFor(UNUSED, bare)).map(([, name]) => name);
  if (unknown.length > 0) throw refuse("the classifier must know every tensor", unknown);
  const other = found.map(([bare]) => bare).filter((bare) =>
    shapes.get(stored.get(bare)!)!.shape.join() !== wanted.get(bare)!.join()
  ).map((bare) => `${bare} [${shapes.get(stored.get(bare)!)!.shape}] for [${wanted.get(bare)}]`);
  if (other.length > 0) throw refuse("shapes must be those of the classifier", other);

  const freshHead = reshaped.length > 0 ? DIFFERENT_HEAD : undefined;
  const report = {
    used: found.map(([bare]) => stored.get(bare)!),
    missing: absent.map((name) => ({
      name,
      reason: HEAD.test(name) && freshHead ? freshHead : reasonFor(MISSING, name)!,
    })),
    unused: [
      ...left.map(([bare, name]) => ({ name, reason: reasonFor(UNUSED, bare)! })),
      ...unused,
    ],
    reshaped,
  };
  return {
    sources: new Map(found.map(([bare, spec]) => [spec.name, stored.get(bare)!])),
    report: { ...report, explain: explain(report, specs.size) },
  };
}

/**
 * The tensors that a classifier starts from, in our layout, out of a checkpoint in PyTorch's; what a
 * report calls missing is not among them. See {@linkcode planHandOver} for the rules.
 *
 * @throws {RangeError} that names every tensor that is missing, unknown, stored twice or of another
 * shape
 * @example
 * ```ts
 * import { initialParameters } from "@videoms/core";
 * import { handOver, maskedAutoencoderSpecs, toPyTorch, videoClassifierSpecs } from "@videoms/models";
 *
 * const geometry = { frames: 4, tubeletSize: 2, imageSize: 8, patchSize: 4 };
 * const encoder = { width: 12, depth: 2, heads: 3 };
 * const pretrained = maskedAutoencoderSpecs({ geometry, encoder, decoder: encoder });
 * const checkpoint = toPyTorch(pretrained, initialParameters(pretrained, 0), geometry, "pretrain");
 *
 * const options = { geometry, encoder, classes: 3 };
 * const specs = videoClassifierSpecs(options);
 * const { values, report } = handOver(checkpoint, { specs, options });
 * const start = new Map([...initialParameters(specs, 0), ...values]);
 * console.assert(start.size === specs.length && report.missing.length === 4);
 * ```
 */
export function handOver(
  tensors: ReadonlyMap<string, PyTorchTensor>,
  model: HandOverModel,
  options: HandOverOptions = {},
): { values: Map<string, Float32Array>; report: HandOverReport } {
  const { sources, report } = planHandOver(tensors, model, options);
  const values = new Map<string, Float32Array>();
  for (const spec of model.specs) {
    const name = sources.get(spec.name);
    if (name === undefined) continue;
    values.set(spec.name, fromPyTorchTensor(spec, tensors.get(name)!, model.options.geometry));
  }
  return { values, report };
}
