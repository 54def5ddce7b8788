import { printable, type WeightFile, type WeightTensor } from "@videoms/core";
import { chooseWeightSet, type WantedWeights, type WeightSet, weightSets } from "./weight_sets.ts";
import { firstOf } from "./tensor_rows.ts";
import { modelFacts } from "./model_facts.ts";
import { networkWeights } from "./network_weights.ts";

/** The weights of one network from a file. */
export interface ChosenWeights {
  /** The file, with `#` and their name if it holds others too. */
  readonly path: string;
  /** Naming scheme and layout of the file. */
  readonly layout: WeightSet["layout"];
  /** The models that it is one of. */
  readonly family: WeightSet["family"];
  /** The tensors under PyTorch's names and layouts. */
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  /** Notes on what else the file holds. */
  readonly beside: readonly string[];
}

/** Chooses the weights of one network, first by names alone. */
export interface WeightChooser {
  /**
   * Chooses a dictionary by the names in it.
   *
   * @returns the dictionary with the weights; undefined if there is none
   * @throws {RangeError} if the choice is ambiguous or there is no such set
   */
  choose(dictionaries: ReadonlyMap<string, readonly string[]>): string | undefined;
  /**
   * Loads the chosen weights from the opened file.
   *
   * @param ownBlocks whether the blocks are of a custom backbone
   * @throws {RangeError} if there is no video transformer, or a tensor is stored twice
   */
  weightsOf(file: WeightFile, ownBlocks: boolean): ChosenWeights;
}

/** Limit of other sets in the notes. */
const MOST_TOLD = 4;

/** `optimizer (124 tensors), criterion (1 tensor)`: names grouped by prefix. */
function grouped(names: readonly string[]): string {
  const groups = Map.groupBy(names, (name) => name.split(".", 1)[0]);
  return firstOf(
    [...groups].map(([start, { length }]) =>
      `${printable(start)} (${length} tensor${length === 1 ? "" : "s"})`
    ),
  );
}

/** Notes on what a file holds beside the chosen weights. */
function besideOf(
  { tensors, ignored }: WeightFile,
  chosen: WeightSet,
  sets: readonly WeightSet[],
): string[] {
  const others = sets.filter((set) => set !== chosen);
  const known = new Set(
    sets.filter(({ dictionary }) => dictionary === chosen.dictionary)
      .flatMap(({ members }) => members.map(([name]) => name)),
  );
  const rest = [...tensors.keys()].filter((name) => !known.has(name));
  const keys = new Set(others.flatMap(({ dictionary }) => dictionary.split(".")));
  const unread = ignored.filter((entry) => !keys.has(entry.replace(/ \(.*\)$/, "")));
  const also = [...rest.length > 0 ? [grouped(rest)] : [], ...unread];
  return [
    ...others.slice(0, MOST_TOLD).map(({ name, members }) =>
      `the file has other weights too (${members.length} tensors), which are loaded with ` +
      `${name === "" ? "nothing" : `"#${printable(name)}"`} after the path`
    ),
    ...also.length > 0 ? [`beside the weights: ${firstOf(also)}`] : [],
  ];
}

/**
 * Chooses the weights of one network in a file.
 *
 * @param path the file, for messages
 * @param choice which weights to load
 */
export function weightChooser(path: string, choice: WantedWeights): WeightChooser {
  let sets: readonly WeightSet[] = [];
  let chosen: WeightSet | undefined;
  const choose: WeightChooser["choose"] = (dictionaries) => {
    try {
      sets = weightSets(dictionaries);
      chosen = chooseWeightSet(sets, choice);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new RangeError(`Cannot read weights ${path}: ${error.message}`);
    }
    return chosen?.dictionary;
  };
  return {
    choose,
    weightsOf(file, ownBlocks) {
      if (!chosen) choose(new Map([["", [...file.tensors.keys()]]]));
      if (chosen) {
        const { layout, family, name } = chosen;
        return {
          path: sets.length > 1 && name !== "" ? `${path}#${printable(name)}` : path,
          layout,
          family,
          tensors: networkWeights(file.tensors, chosen, ownBlocks),
          beside: besideOf(file, chosen, sets),
        };
      }
      modelFacts(file.tensors); // says what there is in place of a patch embedding
      throw new RangeError(
        `Cannot read weights ${path}: it must hold a video transformer, got none`,
      );
    },
  };
}
