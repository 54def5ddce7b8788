import {
  type ClipGeometry,
  countNotFinite,
  floatValues,
  type ParameterSpec,
  printable,
  type WeightTensor,
} from "@videoms/core";
import { canFit, fittedTensor, storedClips } from "./fitted_tensor.ts";
import { pytorchName, pytorchShape } from "./pytorch_layout.ts";
import type { StoredClips } from "./resized_positions.ts";
import { bareName } from "./tensor_names.ts";
import { firstOf, shownTensor } from "./tensor_rows.ts";

/** A tensor that was not loaded, and why. */
export interface ExplainedTensor {
  /** PyTorch's name. */
  name: string;
  /** Shape in PyTorch's layout. */
  shape: readonly number[];
  /** Why that is fine. */
  reason: string;
}

/** Which tensors of a checkpoint were loaded into a network, and which were not. */
export interface WeightReport {
  /** Tensors of the checkpoint that are loaded. */
  used: readonly string[];
  /** Tensors of the network that are newly initialised. */
  missing: readonly ExplainedTensor[];
  /** Tensors of the checkpoint that are ignored. */
  unused: readonly ExplainedTensor[];
  /** Tensors of the checkpoint that are ignored for their shape: the head's. */
  reshaped: readonly string[];
  /** A summary in a few lines. */
  explain: string;
}

/** Which stored tensor each tensor of a network is loaded from. */
export interface WeightPlan {
  /** Name in the checkpoint of each tensor that is loaded. */
  sources: ReadonlyMap<string, string>;
  /** Loaded, newly initialised and ignored tensors. */
  report: WeightReport;
}

/** The shapes of stored tensors by name; a map of tensors will do. */
export type StoredShapes = ReadonlyMap<string, { readonly shape: readonly number[] }>;

/** Reasons for not loading tensors, by a pattern of their bare name. */
export type Reasons = readonly (readonly [RegExp, string])[];

/** A network that weights are loaded into. */
export interface Receiver {
  /** Name for messages. */
  readonly title: string;
  /** Its tensors. */
  readonly specs: readonly ParameterSpec[];
  /** Its clip geometry. */
  readonly geometry: ClipGeometry;
  /** Reasons for newly initialising its tensors. */
  readonly missing: Reasons;
  /** Reasons for ignoring tensors of a checkpoint. */
  readonly unused: Reasons;
}

/** Tensors of a checkpoint by bare name, and those that are ignored. */
export interface StoredWeights {
  /** Name in the checkpoint by bare name. */
  readonly stored: Map<string, string>;
  /** Tensors that are ignored from the start. */
  readonly unused: ExplainedTensor[];
}

/** Reasons for ignoring the decoder of a pre-training checkpoint. */
export const DECODER_IS_UNUSED: Reasons = [
  [/^decoder\./, "the decoder is for pre-training only"],
  [/^encoder_to_decoder\./, "the decoder is for pre-training only"],
  [/^mask_token$/, "the decoder is for pre-training only"],
];

/** Tensors that have no effect, which no network loads. */
export const NEVER_LOADED: Reasons = [
  [/\.attn\.k_bias$/, "a key bias does not change attention"],
  [/^decoder_/, "the decoder and mask token of images"],
];

function reasonFor(reasons: Reasons, name: string): string | undefined {
  return reasons.find(([pattern]) => pattern.test(name))?.[1];
}

/** The error for tensors that break a rule; long lists are cut. */
export function refuseTensors(rule: string, tensors: readonly string[]): RangeError {
  return new RangeError(`Cannot load weights: ${rule}, got ${firstOf(tensors)}`);
}

/**
 * The weights of a network by bare name. A head without its own norm is ignored: it classifies a class token
 * rather than the mean (`use_mean_pooling: false`), which is another network.
 */
export function storedWeights(shapes: StoredShapes): StoredWeights {
  const stored = new Map([...shapes.keys()].map((name) => [bareName(name), name]));
  const head = stored.has("fc_norm.weight")
    ? []
    : [...stored].filter(([bare]) => bare.startsWith("head."));
  for (const [bare] of head) stored.delete(bare);
  const reason = "a head without fc_norm classifies the first token, not the mean of all tokens";
  const unused = head.map(([, name]) => ({ name, shape: shapes.get(name)!.shape, reason }));
  return { stored, unused };
}

/** The tensors of a network by bare name. */
export function bareSpecs({ specs }: Pick<Receiver, "specs">): Map<string, ParameterSpec> {
  return new Map(specs.map((spec) => [pytorchName(spec.name, "classifier"), spec]));
}

/** `name [shape], name [shape] (reason)`, one line per reason; long lists are cut. */
function lines(title: string, tensors: readonly ExplainedTensor[]): string[] {
  const byReason = Map.groupBy(tensors, ({ reason }) => reason);
  return [...byReason].map(([reason, alike]) => {
    const listed = alike.map(({ name, shape }) => `${printable(name)} [${shape}]`).join(", ");
    return `${title} ${alike.length > 4 ? `${alike.length} tensors` : listed} (${reason})`;
  });
}

function explain(report: Omit<WeightReport, "explain">, { title, specs }: Receiver): string {
  const { used, missing, unused } = report;
  return [
    `loaded: ${used.length} of the ${title}'s ${specs.length} tensors`,
    ...lines("newly initialised:", missing),
    ...lines("ignored:", unused),
  ].join("\n");
}

/** Checks that stored tensors have the network's shapes. */
function checkShapes(
  found: readonly (readonly [string, ParameterSpec])[],
  { stored }: StoredWeights,
  shapes: StoredShapes,
  { title, geometry }: Receiver,
): void {
  const other = found.flatMap(([bare, spec]) => {
    const { shape } = shapes.get(stored.get(bare)!)!;
    if (canFit(spec, shape, geometry)) return [];
    return [`"${bare}" [${shape}] for [${pytorchShape(spec, geometry)}]`];
  });
  if (other.length > 0) throw refuseTensors(`shapes must be those of the ${title}`, other);
}

/**
 * Plans which tensors of a checkpoint a network loads, by names and shapes alone. Missing and unused tensors
 * must have a reason among the receiver's.
 *
 * @param reshaped tensors that were removed from `weights` for their shape
 * @throws {RangeError} naming every tensor that is missing, unknown or of another shape
 */
export function planWeights(
  shapes: StoredShapes,
  weights: StoredWeights,
  receiver: Receiver,
  reshaped: readonly string[] = [],
): WeightPlan {
  const { stored, unused } = weights;
  const specs = bareSpecs(receiver);
  const found = [...specs].filter(([bare]) => stored.has(bare));
  const absent = [...specs.keys()].filter((bare) => !stored.has(bare));
  const left = [...stored].filter(([bare]) => !specs.has(bare));
  const shapeOf = (bare: string) => pytorchShape(specs.get(bare)!, receiver.geometry);
  const lost = absent.filter((bare) => !reasonFor(receiver.missing, bare));
  if (lost.length > 0) {
    const got = lost.map((bare) => shownTensor(bare, { shape: shapeOf(bare) }));
    throw refuseTensors("the checkpoint must hold the whole encoder, missing", got);
  }
  const unknown = left.filter(([bare]) => !reasonFor(receiver.unused, bare));
  if (unknown.length > 0) {
    const got = unknown.map(([, name]) => shownTensor(name, shapes.get(name)!));
    throw refuseTensors(`the ${receiver.title} must know every tensor`, got);
  }
  checkShapes(found, weights, shapes, receiver);
  const report = {
    used: found.map(([bare]) => stored.get(bare)!),
    missing: absent.map((name) => ({
      name,
      shape: shapeOf(name),
      reason: reasonFor(receiver.missing, name)!,
    })),
    unused: [
      ...left.map(([bare, name]) => ({
        name,
        shape: shapes.get(name)!.shape,
        reason: reasonFor(receiver.unused, bare)!,
      })),
      ...unused,
    ],
    reshaped,
  };
  return {
    sources: new Map(found.map(([bare, spec]) => [spec.name, stored.get(bare)!])),
    report: { ...report, explain: explain(report, receiver) },
  };
}

/**
 * Reads the values of a plan's tensors as float32 in our layout, and nothing else of the checkpoint.
 *
 * @param tensors the checkpoint's, in PyTorch's layout
 * @param clips those of the checkpoint's model, whose learned positions are resized for the clips in use
 * @throws {RangeError} naming the tensors with values that are not finite, as after a run that diverged
 */
export async function readPlannedValues(
  { sources }: Pick<WeightPlan, "sources">,
  tensors: ReadonlyMap<string, WeightTensor>,
  { specs, geometry }: Pick<Receiver, "specs" | "geometry">,
  clips: StoredClips = { imageSize: null, frames: null },
): Promise<Map<string, Float32Array>> {
  const values = new Map<string, Float32Array>();
  const broken: string[] = [];
  const own = storedClips(tensors, sources, geometry, clips);
  for (const spec of specs) {
    const name = sources.get(spec.name);
    if (name === undefined) continue;
    const tensor = tensors.get(name)!;
    const { type, shape } = tensor;
    const stored = floatValues({ type, shape, bytes: await tensor.read() });
    const count = countNotFinite(stored);
    if (count > 0) {
      broken.push(`${shownTensor(name, tensor)} with ${count} of ${stored.length} NaN or infinite`);
    }
    values.set(spec.name, fittedTensor(spec, { shape, values: stored }, geometry, own));
  }
  if (broken.length > 0) throw refuseTensors("their values must be finite", broken);
  return values;
}
