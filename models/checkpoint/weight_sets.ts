import { printable } from "@videoms/core";
import { firstOf } from "./tensor_rows.ts";

/** Names of the tensors of a file's dictionaries, by the keys that lead to each; `""` is its own. */
export type NamedDictionaries = ReadonlyMap<string, Iterable<string>>;

/** The weights of one network, among whatever else a file holds. */
export interface WeightSet {
  /** What leads to it: keys of dictionaries, then what its tensors' names begin with; may be `""`. */
  readonly name: string;
  /** The dictionary that it is in. */
  readonly dictionary: string;
  /** Whose names its tensors have. */
  readonly layout: "pytorch" | "hugging-face";
  /** Whether its name says that it is an average of others, such as `model_ema`. */
  readonly isAverage: boolean;
  /** Names in the dictionary and within the network of each of its tensors. */
  readonly members: readonly (readonly [stored: string, inner: string])[];
}

/** What of a file's weights is wanted. */
export interface WantedWeights {
  /** The set of this name, or one whose name starts or ends so. @default any */
  name?: string;
  /** The average of the weights in place of the weights themselves. @default false */
  average?: boolean;
}

/** Most networks of a dictionary; a hostile one could name thousands. */
const MOST_SETS = 16;

/** What wrappers of PyTorch (compiled, sharded, recomputing) put into names, anywhere. */
const WRAPPERS: ReadonlySet<string> = new Set([
  "_orig_mod",
  "_fsdp_wrapped_module",
  "_checkpoint_wrapped_module",
  "_forward_module",
]);

const AVERAGE = /(^|[._-])(ema|averaged?|avg|swa|target|teacher|momentum|shadow)([._-]|$)/i;
const OPTIMIZER = /(^|\.)(optimizers?|optim|opt)(\.|$)/i;

/** The tensor that a network is found by, in each layout. */
const PATCHES = [
  ["pytorch", "patch_embed.proj.weight"],
  ["hugging-face", "embeddings.patch_embeddings.projection.weight"],
] as const;

/** What the module of an encoder is called in a network that has more than it. */
const ENCODER_NAMES: ReadonlySet<string> = new Set(["encoder", "backbone", "videomae"]);

/** What counts the steps of an average, beside its tensors. */
const COUNTER = /(^|\.)n_averaged$/;

/** A name without what wrappers put into it; `module` may be a part of a block that a user wrote. */
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

/** What is left of a name inside a module; undefined for a name outside of it. */
function within(name: string, module: string): string | undefined {
  if (module === "") return name;
  return name.startsWith(`${module}.`) ? name.slice(module.length + 1) : undefined;
}

/** Where a network is, found by its patch embedding. */
interface Place {
  readonly dictionary: string;
  readonly layout: WeightSet["layout"];
  /** The module of the encoder. */
  readonly encoder: string;
  /** The module that holds the encoder and what goes with it: a decoder, a head. */
  readonly network: string;
}

function placeOf(dictionary: string, name: string): Place | undefined {
  const found = PATCHES.find(([, patches]) => name === patches || name.endsWith(`.${patches}`));
  if (!found) return undefined;
  const [layout, patches] = found;
  const encoder = name.slice(0, -patches.length - 1);
  const steps = encoder.split(".");
  const isPart = ENCODER_NAMES.has(steps.at(-1)!);
  const network = (isPart ? steps.slice(0, -1) : steps).join(".");
  return { dictionary, layout, encoder, network };
}

/** Whether a tensor belongs to another network than the one at a place that would hold it too. */
function isOfOther(name: string, place: Place, other: Place): boolean {
  if (other === place || within(other.network, place.network) === undefined) return false;
  if (other.network !== place.network) return within(name, other.network) !== undefined;
  return within(name, other.encoder) !== undefined &&
    within(place.encoder, other.encoder) === undefined;
}

/** A tensor's name within the network at a place; undefined for one that is not of it. */
function innerName(name: string, place: Place): string | undefined {
  const { encoder, network, layout } = place;
  const ofEncoder = within(name, encoder);
  if (layout === "pytorch") return ofEncoder ?? within(name, network);
  // Hugging Face's encoder by itself has names without the model's before them.
  const isOutside = encoder === network &&
    !/^(embeddings|encoder|layernorm)\./.test(ofEncoder ?? "");
  return ofEncoder === undefined || isOutside ? within(name, network) : `videomae.${ofEncoder}`;
}

function setsIn(dictionary: string, stored: readonly string[]): WeightSet[] {
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
    const twin = places.some((other) => other !== place && other.network === network);
    const name = unwrapped(joined(dictionary, twin ? encoder : network));
    const members = tensors.flatMap(([from, to]): [string, string][] => {
      const inner = innerName(to, place);
      const isMember = inner !== undefined && !places.some((other) => isOfOther(to, place, other));
      return isMember ? [[from, inner]] : [];
    });
    return { name, dictionary, layout, isAverage: AVERAGE.test(name), members };
  });
}

/**
 * Finds the networks whose weights a file holds. A network is found by its patch embedding: whatever
 * stands before that tensor's name, be it of wrappers, of trainers or of an average, is the way to the
 * network, and all tensors on that way belong to it. Optimisers' moments are passed over.
 *
 * @throws {RangeError} if a dictionary has more than 16: the rule that is broken, to follow the file's name
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
    .flatMap(([dictionary, names]) => setsIn(dictionary, [...names]));
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

/** Whether a set is called by a name, by its first steps or by its last ones. */
function isNamed(set: WeightSet, name: string): boolean {
  return `.${set.name}.`.startsWith(`.${name}.`) || `.${set.name}.`.endsWith(`.${name}.`);
}

/**
 * The set that is wanted: of those of the given name, the weights themselves or their average, whichever
 * is asked for; an average that is alone is taken for weights.
 *
 * @returns undefined if there are no sets at all
 * @throws {RangeError} if there is none like that, or more than one: the rule that is broken, to follow the
 * file's name
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
    `it must be told which of its weights are meant, by a "#" and their name after the path, got ${
      listedSets(left)
    }`,
  );
}
