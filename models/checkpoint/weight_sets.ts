import { printable } from "@videoms/core";
import { firstOf } from "./tensor_rows.ts";

/** Tensor names of each dictionary in a file, by the dictionary's key path; `""` is the top level. */
export type NamedDictionaries = ReadonlyMap<string, Iterable<string>>;

/** The weights of one network in a file. */
export interface WeightSet {
  /** Path of the set: dictionary keys, then the prefix of its tensors' names; may be `""`. */
  readonly name: string;
  /** The dictionary that it is in. */
  readonly dictionary: string;
  /** Naming scheme of its tensors. */
  readonly layout: "pytorch" | "hugging-face";
  /** The models that it is one of: V-JEPA's encoders have other positions. */
  readonly family: "videomae" | "v-jepa";
  /** Whether its name marks it as an average (EMA), such as `model_ema`. */
  readonly isAverage: boolean;
  /** The name of each tensor in the dictionary and within the network. */
  readonly members: readonly (readonly [stored: string, inner: string])[];
}

/** Which weights of a file to load. */
export interface WantedWeights {
  /** The set with this name, or whose name starts or ends with it. @default any */
  name?: string;
  /** Load the average (EMA) of the weights instead of the weights. @default false */
  average?: boolean;
}

/** Limit of networks per dictionary; a hostile file could name thousands. */
const MOST_SETS = 16;

/** Name parts added by PyTorch wrappers (compiled, sharded, checkpointed), anywhere in a name. */
const WRAPPERS: ReadonlySet<string> = new Set([
  "_orig_mod",
  "_fsdp_wrapped_module",
  "_checkpoint_wrapped_module",
  "_forward_module",
]);

const AVERAGE = /(^|[._-])(ema|averaged?|avg|swa|target|teacher|momentum|shadow)([._-]|$)/i;
const OPTIMIZER = /(^|\.)(optimizers?|optim|opt)(\.|$)/i;

/** The tensor that identifies a network in each layout. */
const PATCHES = [
  ["pytorch", "videomae", "patch_embed.proj.weight"],
  ["hugging-face", "videomae", "embeddings.patch_embeddings.projection.weight"],
  ["hugging-face", "v-jepa", "embeddings.patch_embeddings.proj.weight"],
] as const;

/** Names of the encoder module in a larger network. */
const ENCODER_NAMES: ReadonlySet<string> = new Set(["encoder", "backbone", "videomae"]);

/** Step counters of an average, beside its tensors. */
const COUNTER = /(^|\.)n_averaged$/;

/** A name without wrapper parts; `module` may be part of a custom block. */
function unwrapped(name: string): string {
  const parts = name.split(".");
  const blocks = parts.findIndex((part) => /^(blocks|layer|decoder_layers)$/.test(part));
  return parts.filter((part, i) =>
    !WRAPPERS.has(part) && !(part === "module" && (blocks < 0 || i < blocks))
  ).join(".");
}

/** `outer.inner`, either of which may be empty. */
function joined(outer: string, inner: string): string {
  return outer && inner ? `${outer}.${inner}` : outer || inner;
}

/** A name relative to a module; undefined outside of it. */
function within(name: string, module: string): string | undefined {
  if (module === "") return name;
  return name.startsWith(`${module}.`) ? name.slice(module.length + 1) : undefined;
}

/** The place of a network, found by its patch embedding. */
interface Place {
  readonly dictionary: string;
  readonly layout: WeightSet["layout"];
  readonly family: WeightSet["family"];
  /** The module of the encoder. */
  readonly encoder: string;
  /** The module that holds the encoder and what goes with it: a decoder, a head. */
  readonly network: string;
}

function placeOf(dictionary: string, name: string): Place | undefined {
  const found = PATCHES.find(([, , patches]) => name === patches || name.endsWith(`.${patches}`));
  if (!found) return undefined;
  const [layout, family, patches] = found;
  const encoder = name.slice(0, -patches.length - 1);
  const steps = encoder.split(".");
  const isPart = ENCODER_NAMES.has(steps.at(-1)!);
  const network = (isPart ? steps.slice(0, -1) : steps).join(".");
  return { dictionary, layout, family, encoder, network };
}

/** Whether a tensor belongs to another network, although this place would hold it too. */
function isOfOther(name: string, place: Place, other: Place): boolean {
  if (other === place || within(other.network, place.network) === undefined) return false;
  if (other.network !== place.network) return within(name, other.network) !== undefined;
  return within(name, other.encoder) !== undefined &&
    within(place.encoder, other.encoder) === undefined;
}

/** A tensor's name within the network at a place; undefined if it is not part of it. */
function innerName(name: string, place: Place): string | undefined {
  const { encoder, network, layout, family } = place;
  const ofEncoder = within(name, encoder);
  if (layout === "hugging-face" && family === "v-jepa") return ofEncoder;
  if (layout === "pytorch") return ofEncoder ?? within(name, network);
  // A lone Hugging Face encoder has names without the model's prefix.
  const isOutside = encoder === network &&
    !/^(embeddings|encoder|layernorm)\./.test(ofEncoder ?? "");
  return ofEncoder === undefined || isOutside ? within(name, network) : `videomae.${ofEncoder}`;
}

/** Whether dictionaries are those of a checkpoint of V-JEPA: an encoder, its average and the predictor. */
function isVjepa(dictionary: string, all: Iterable<string>): boolean {
  return /^(target_)?encoder$/.test(dictionary) && [...all].includes("predictor");
}

function setsIn(dictionary: string, stored: readonly string[], vjepa: boolean): WeightSet[] {
  const tensors = stored.map((name) => [name, unwrapped(name)] as const)
    .filter(([, name]) => !OPTIMIZER.test(name) && !COUNTER.test(name));
  const places = tensors.flatMap(([, name]) => placeOf(dictionary, name) ?? []);
  if (places.length > MOST_SETS) {
    throw new RangeError(
      `it must hold the weights of at most ${MOST_SETS} networks, got ${places.length}`,
    );
  }
  return places.map((place) => {
    const { encoder, network, layout } = place;
    const family = vjepa ? "v-jepa" : place.family;
    const twin = places.some((other) => other !== place && other.network === network);
    const name = unwrapped(joined(dictionary, twin ? encoder : network));
    const members = tensors.flatMap(([from, to]): [string, string][] => {
      const inner = innerName(to, place);
      const isMember = inner !== undefined && !places.some((other) => isOfOther(to, place, other));
      return isMember ? [[from, inner]] : [];
    });
    return { name, dictionary, layout, family, isAverage: AVERAGE.test(name), members };
  });
}

/**
 * Finds the networks in a file. A network is identified by its patch embedding: whatever precedes that
 * tensor's name, be it from wrappers, trainers or an average, is the network's path, and all tensors on that
 * path belong to it. Optimiser moments are skipped.
 *
 * @throws {RangeError} if a dictionary has more than 16; the message is to follow the file's name
 * @example
 * ```ts
 * import { weightSets } from "@videoms/models";
 *
 * const names = ["blocks.0.attn.proj.bias", "patch_embed.proj.weight"];
 * const compiled = names.map((name) => `model._orig_mod.encoder.${name}`);
 * const average = names.map((name) => `ema.module.${name}`);
 * const sets = weightSets(new Map([["state_dict", [...compiled, ...average]]]));
 * console.assert(sets.map(({ name }) => name).join() === "state_dict.model,state_dict.ema");
 * console.assert(sets[0].members[0][1] === "blocks.0.attn.proj.bias" && sets[1].isAverage);
 * ```
 */
export function weightSets(dictionaries: NamedDictionaries): WeightSet[] {
  return [...dictionaries].filter(([dictionary]) => !OPTIMIZER.test(dictionary))
    .flatMap(([dictionary, names]) =>
      setsIn(dictionary, [...names], isVjepa(dictionary, dictionaries.keys()))
    );
}

/** `"model" (62 tensors), "model_ema" (62 tensors)`. */
function listedSets(sets: readonly WeightSet[]): string {
  return firstOf(
    sets.map(({ name, members }) =>
      `${
        name === "" ? "weights without a name" : `"${printable(name)}"`
      } (${members.length} tensors)`
    ),
  );
}

/** Whether a set's path starts or ends with a name. */
function isNamed(set: WeightSet, name: string): boolean {
  return `.${set.name}.`.startsWith(`.${name}.`) || `.${set.name}.`.endsWith(`.${name}.`);
}

/**
 * Chooses the requested set: among those with the given name, the weights or their average; a lone average
 * counts as weights.
 *
 * @returns undefined if there are no sets at all
 * @throws {RangeError} if there is none or more than one; the message is to follow the file's name
 */
export function chooseWeightSet(
  sets: readonly WeightSet[],
  { name, average = false }: WantedWeights = {},
): WeightSet | undefined {
  if (sets.length === 0) return undefined;
  const named = name === undefined ? sets : sets.filter((set) => isNamed(set, unwrapped(name)));
  if (named.length === 0) {
    throw new RangeError(`it must hold weights named "${name}", got ${listedSets(sets)}`);
  }
  if (name !== undefined && named.length === 1) return named[0];
  const exact = named.find((set) => set.name === name);
  if (exact) return exact;
  const wanted = named.filter(({ isAverage }) => isAverage === average);
  if (average && wanted.length === 0) {
    throw new RangeError(
      `it must hold an average of its weights, got none beside ${listedSets(sets)}`,
    );
  }
  const left = wanted.length === 0 ? named : wanted;
  const whole = left.length === 1 ? left[0] : left.find((set) => set.name === "");
  if (whole) return whole;
  throw new RangeError(
    `its weights must be named by "#" and a name after the path, got ${listedSets(left)}`,
  );
}
