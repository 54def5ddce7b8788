import {
  type ClipGeometry,
  countNotFinite,
  floatValues,
  type ParameterSpec,
  printable,
  type WeightTensor,
} from "@videoms/core";
import { fromPyTorchTensor, pytorchName, pytorchShape } from "./pytorch_layout.ts";
import { bareName } from "./tensor_names.ts";
import { firstOf, shownTensor } from "./tensor_rows.ts";

/** A tensor that was not loaded, and why. */
export interface ExplainedTensor {
  /** PyTorch's name. */
  name: string;
  /** Sides in PyTorch's layout. */
  shape: readonly number[];
  /** Why that is as it should be. */
  reason: string;
}

/** What became of every tensor of a checkpoint and of the network that starts from it. */
export interface WeightReport {
  /** Tensors of the checkpoint that the network takes. */
  used: readonly string[];
  /** Tensors of the network that are newly initialised. */
  missing: readonly ExplainedTensor[];
  /** Tensors of the checkpoint that the network does not take. */
  unused: readonly ExplainedTensor[];
  /** Tensors of the checkpoint left out because the network's have another shape: the head's. */
  reshaped: readonly string[];
  /** The same for a person, a few lines. */
  explain: string;
}

/** Where a network's tensors come from. */
export interface WeightPlan {
  /** Name in the checkpoint of each tensor of the network that is found there. */
  sources: ReadonlyMap<string, string>;
  /** What became of every tensor. */
  report: WeightReport;
}

/** The shapes of stored tensors by name; a map of whole tensors is one too. */
export type StoredShapes = ReadonlyMap<string, { readonly shape: readonly number[] }>;

/** Why tensors may be left out, by a pattern of their bare name. */
export type Reasons = readonly (readonly [RegExp, string])[];

/** A network that weights are loaded into. */
export interface Receiver {
  /** What it is called in messages. */
  readonly title: string;
  /** Its tensors. */
  readonly specs: readonly ParameterSpec[];
  /** Its clips. */
  readonly geometry: ClipGeometry;
  /** Why a tensor of it may be newly initialised. */
  readonly missing: Reasons;
  /** Why a tensor of a checkpoint may be ignored. */
  readonly unused: Reasons;
}

/** Tensors of a checkpoint by bare name, and those of it that are ignored. */
export interface StoredWeights {
  /** Name in the checkpoint by bare name. */
  readonly stored: Map<string, string>;
  /** What is ignored for a reason of its own. */
  readonly unused: ExplainedTensor[];
}

/** Why a tensor of a pre-training checkpoint may be left behind by whoever wants its encoder. */
export const DECODER_IS_UNUSED: Reasons = [
  [/^decoder\./, "the decoder only reconstructs"],
  [/^encoder_to_decoder\./, "the decoder only reconstructs"],
  [/^mask_token$/, "the decoder only reconstructs"],
];

/** What no network loads, since it changes nothing. */
export const NEVER_LOADED: Reasons = [
  [/\.attn\.k_bias$/, "a bias of keys does not change attention"],
];

function reasonFor(reasons: Reasons, name: string): string | undefined {
  return reasons.find(([pattern]) => pattern.test(name))?.[1];
}

/** The error for tensors that break a rule; many are counted, not listed. */
export function refuseTensors(rule: string, tensors: readonly string[]): RangeError {
  return new RangeError(`Cannot load weights: ${rule}, got ${firstOf(tensors)}`);
}

/**
 * The weights of a network by bare name. A head without a norm of its own is left out: it scores a first
 * token and not the mean of all (`use_mean_pooling: false`), which is another network.
 */
export function storedWeights(shapes: StoredShapes): StoredWeights {
  const stored = new Map([...shapes.keys()].map((name) => [bareName(name), name]));
  const head = stored.has("fc_norm.weight")
    ? []
    : [...stored].filter(([bare]) => bare.startsWith("head."));
  for (const [bare] of head) stored.delete(bare);
  const reason = "a head without fc_norm scores the first token, not the mean of all";
  const unused = head.map(([, name]) => ({ name, shape: shapes.get(name)!.shape, reason }));
  return { stored, unused };
}

/** The tensors of a network by their bare name. */
export function bareSpecs({ specs }: Pick<Receiver, "specs">): Map<string, ParameterSpec> {
  return new Map(specs.map((spec) => [pytorchName(spec.name, "classifier"), spec]));
}

/** `name [shape], name [shape] (reason)`, one line for each reason; many are counted, not listed. */
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
    return has === wants ? [] : [`"${bare}" [${has}] for [${wants}]`];
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
    throw refuseTensors("the checkpoint must hold the whole encoder; missing", got);
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
 * The values of a plan's tensors, in our layout and as float32; nothing else of the checkpoint is read.
 *
 * @param tensors the checkpoint's, in PyTorch's layout
 * @throws {RangeError} that names the tensors with values that are not finite, such as a run leaves that
 * has diverged
 */
export async function readPlannedValues(
  { sources }: Pick<WeightPlan, "sources">,
  tensors: ReadonlyMap<string, WeightTensor>,
  { specs, geometry }: Pick<Receiver, "specs" | "geometry">,
): Promise<Map<string, Float32Array>> {
  const values = new Map<string, Float32Array>();
  const broken: string[] = [];
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
    values.set(spec.name, fromPyTorchTensor(spec, { shape, values: stored }, geometry));
  }
  if (broken.length > 0) throw refuseTensors("their values must be finite", broken);
  return values;
}
