import {
  type ClipGeometry,
  floatValues,
  type ParameterSpec,
  type WeightTensor,
} from "@videoms/core";
import {
  fromPyTorchTensor,
  pytorchName,
  pytorchShape,
  type PyTorchTensor,
} from "./pytorch_layout.ts";
import { bareName } from "./tensor_names.ts";

/** A tensor that was not handed over, and why. */
export interface ExplainedTensor {
  /** PyTorch's name. */
  name: string;
  /** Why that is as it should be. */
  reason: string;
}

/** What became of every tensor of a checkpoint and of the network that starts from it. */
export interface HandOverReport {
  /** Tensors of the checkpoint that the network takes. */
  used: readonly string[];
  /** Tensors of the network that start fresh. */
  missing: readonly ExplainedTensor[];
  /** Tensors of the checkpoint that the network does not take. */
  unused: readonly ExplainedTensor[];
  /** Tensors of the checkpoint left out because the network's have another shape: the head's. */
  reshaped: readonly string[];
  /** The same for a person, a few lines. */
  explain: string;
}

/** Where a network's tensors come from. */
export interface HandOverPlan {
  /** Name in the checkpoint of each tensor of the network that is found there. */
  sources: ReadonlyMap<string, string>;
  /** What became of every tensor. */
  report: HandOverReport;
}

/** The shapes of stored tensors by name; a map of whole tensors is one too. */
export type StoredShapes = ReadonlyMap<string, { readonly shape: readonly number[] }>;

/** Why tensors may be left out, by a pattern of their bare name. */
export type Reasons = readonly (readonly [RegExp, string])[];

/** A network that weights are handed to. */
export interface Receiver {
  /** What it is called in messages. */
  readonly title: string;
  /** Its tensors. */
  readonly specs: readonly ParameterSpec[];
  /** Its clips. */
  readonly geometry: ClipGeometry;
  /** Why a tensor of it may start fresh. */
  readonly missing: Reasons;
  /** Why a tensor of a checkpoint may be left behind. */
  readonly unused: Reasons;
}

/** Tensors of a checkpoint by bare name, and those of it that are no weights to start from. */
export interface StoredWeights {
  /** Name in the checkpoint by bare name. */
  readonly stored: Map<string, string>;
  /** What is left behind whatever the network is. */
  readonly unused: ExplainedTensor[];
}

/** Why a tensor of a pre-training checkpoint may be left behind by whoever wants its encoder. */
export const DECODER_IS_UNUSED: Reasons = [
  [/^decoder\./, "the decoder only reconstructs"],
  [/^encoder_to_decoder\./, "the decoder only reconstructs"],
  [/^mask_token$/, "the decoder only reconstructs"],
];

/** What no network takes, since it changes nothing. */
export const NEVER_TAKEN: Reasons = [
  [/\.attn\.k_bias$/, "a bias of keys does not change attention"],
];

const AVERAGE = "average.";

function reasonFor(reasons: Reasons, name: string): string | undefined {
  return reasons.find(([pattern]) => pattern.test(name))?.[1];
}

/** The error for tensors that break a rule; many are counted, not listed. */
export function refuseTensors(rule: string, names: readonly string[]): RangeError {
  const shown = names.slice(0, 8).map((name) => `"${name}"`).join(", ");
  const rest = names.length > 8 ? ` and ${names.length - 8} more` : "";
  return new RangeError(`Cannot hand weights over: ${rule}, got ${shown}${rest}`);
}

/**
 * Sorts what a checkpoint holds: one set of weights by bare name, and the rest.
 *
 * @param average whether the running average of the weights is meant, which our own checkpoints may
 * hold, instead of the last ones
 * @throws {RangeError} if there are no such weights or a tensor is stored twice
 */
export function storedWeights(shapes: StoredShapes, average: boolean): StoredWeights {
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
      if (twin !== undefined) throw refuseTensors("each tensor must be stored once", [twin, name]);
      stored.set(bare, name);
    }
  }
  if (stored.size === 0) {
    const what = average ? "an average of its weights" : "weights";
    throw new RangeError(`Cannot hand weights over: the checkpoint must hold ${what}, got none`);
  }
  return { stored, unused };
}

/** The tensors of a network by their bare name. */
export function bareSpecs({ specs }: Pick<Receiver, "specs">): Map<string, ParameterSpec> {
  return new Map(specs.map((spec) => [pytorchName(spec.name, "classifier"), spec]));
}

/** `name, name (reason)`, one line for each reason; many names are counted, not listed. */
function lines(title: string, tensors: readonly ExplainedTensor[]): string[] {
  const byReason = Map.groupBy(tensors, ({ reason }) => reason);
  return [...byReason].map(([reason, alike]) => {
    const names = alike.map(({ name }) => name);
    const shown = names.length > 4 ? `${names.length} tensors` : names.join(", ");
    return `${title} ${shown} (${reason})`;
  });
}

function explain(report: Omit<HandOverReport, "explain">, { title, specs }: Receiver): string {
  const { used, missing, unused } = report;
  return [
    `taken:  ${used.length} of the ${title}'s ${specs.length} tensors`,
    ...lines("fresh: ", missing),
    ...lines("unused:", unused),
  ].join("\n");
}

/** Refuses stored tensors of another shape than the network's. */
function checkShapes(
  found: readonly (readonly [string, ParameterSpec])[],
  { stored }: StoredWeights,
  shapes: StoredShapes,
  { title, geometry }: Receiver,
): void {
  const other = found.flatMap(([bare, spec]) => {
    const has = shapes.get(stored.get(bare)!)!.shape.join();
    const wants = pytorchShape(spec, geometry).join();
    return has === wants ? [] : [`${bare} [${has}] for [${wants}]`];
  });
  if (other.length > 0) throw refuseTensors(`shapes must be those of the ${title}`, other);
}

/**
 * Decides which tensors of a checkpoint a network starts from, by names and shapes alone. What is
 * missing or left over must have a reason among the receiver's.
 *
 * @param reshaped tensors that were taken out of `weights` for their shape
 * @throws {RangeError} that names every tensor that is missing, unknown or of another shape
 */
export function planWeights(
  shapes: StoredShapes,
  weights: StoredWeights,
  receiver: Receiver,
  reshaped: readonly string[] = [],
): HandOverPlan {
  const { stored, unused } = weights;
  const specs = bareSpecs(receiver);
  const found = [...specs].filter(([bare]) => stored.has(bare));
  const absent = [...specs.keys()].filter((bare) => !stored.has(bare));
  const left = [...stored].filter(([bare]) => !specs.has(bare));
  const lost = absent.filter((bare) => !reasonFor(receiver.missing, bare));
  if (lost.length > 0) {
    throw refuseTensors("the checkpoint must hold the whole encoder; missing", lost);
  }
  const unknown = left.filter(([bare]) => !reasonFor(receiver.unused, bare)).map(([, name]) =>
    name
  );
  if (unknown.length > 0) {
    throw refuseTensors(`the ${receiver.title} must know every tensor`, unknown);
  }
  checkShapes(found, weights, shapes, receiver);
  const report = {
    used: found.map(([bare]) => stored.get(bare)!),
    missing: absent.map((name) => ({ name, reason: reasonFor(receiver.missing, name)! })),
    unused: [
      ...left.map(([bare, name]) => ({ name, reason: reasonFor(receiver.unused, bare)! })),
      ...unused,
    ],
    reshaped,
  };
  return {
    sources: new Map(found.map(([bare, spec]) => [spec.name, stored.get(bare)!])),
    report: { ...report, explain: explain(report, receiver) },
  };
}

/** The values of a plan's tensors, in our layout. */
export function plannedValues(
  { sources }: HandOverPlan,
  tensors: ReadonlyMap<string, PyTorchTensor>,
  { specs, geometry }: Pick<Receiver, "specs" | "geometry">,
): Map<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  for (const spec of specs) {
    const name = sources.get(spec.name);
    if (name === undefined) continue;
    values.set(spec.name, fromPyTorchTensor(spec, tensors.get(name)!, geometry));
  }
  return values;
}

/**
 * The values of a plan's tensors, in our layout and as float32; nothing else of the checkpoint is read.
 *
 * @param tensors the checkpoint's, in PyTorch's layout
 */
export async function readPlannedValues(
  { sources }: Pick<HandOverPlan, "sources">,
  tensors: ReadonlyMap<string, WeightTensor>,
  { specs, geometry }: Pick<Receiver, "specs" | "geometry">,
): Promise<Map<string, Float32Array>> {
  const values = new Map<string, Float32Array>();
  for (const spec of specs) {
    const name = sources.get(spec.name);
    if (name === undefined) continue;
    const tensor = tensors.get(name)!;
    const { type, shape } = tensor;
    const stored = floatValues({ type, shape, bytes: await tensor.read() });
    values.set(spec.name, fromPyTorchTensor(spec, { shape, values: stored }, geometry));
  }
  return values;
}
