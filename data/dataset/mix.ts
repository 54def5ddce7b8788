import { definePlugin, type MakePart, type Plugin } from "@videoms/core/plain";
import type { Dataset, PreparedDataset, PrepareOptions, VideoSample } from "./dataset.ts";
import { joinedClasses } from "./joined_classes.ts";
import { type MixedSet, type MixPart, mixParts } from "./mixed_sets.ts";

/** Options of {@linkcode mix}. */
export interface MixedSetsOptions {
  /** The data sets, two or more. @default [] (must be set) */
  sets: readonly MixedSet[];
}

/**
 * Several data sets in one run, each with its own weight, sampling rate, target rate and frame selector.
 *
 * Clips are drawn in proportion to the weights, in each stretch of clips to within about one, at random within a step;
 * each set is gone through, shuffled, before one of its videos comes again. An epoch is as many clips as there are
 * videos in all sets. Log and report tell the loss of each set beside that of all.
 *
 * Sets with the same class names are of one class list; classes of other sets stay apart, and only pre-training takes
 * them. Held-out videos are those of all sets in turns, so that the first ones are of each set.
 *
 * @example
 * ```ts
 * import { annotations, mix, shapes } from "@videoms/data";
 *
 * const dataset = mix({
 *   sets: [
 *     { dataset: annotations({ train: "lists/train.txt" }), weight: 3, samplingRate: 4 },
 *     { dataset: shapes(), samplingRate: 2 },
 *   ],
 * });
 * console.assert(dataset.name === "mix");
 * ```
 */
export const mix: Plugin<"dataset", MixedSetsOptions, Dataset> = definePlugin<
  "dataset",
  MixedSetsOptions,
  Dataset
>({
  kind: "dataset",
  name: "mix",
  summary: "several data sets in one run, each with a weight and rates of its own",
  defaults: { sets: [] },
  help: {
    sets:
      "the sets, a list of { dataset, name, weight, samplingRate, fps, frames }; all but dataset may be left out",
  },
  create: createMix,
});

function createMix({ sets }: Readonly<MixedSetsOptions>, make?: MakePart): Dataset {
  const parts = mixParts(sets, make);
  return {
    async prepare(options = {}): Promise<PreparedDataset> {
      const prepared: PreparedDataset[] = [];
      for (const part of parts) prepared.push(await preparePart(part, options));
      return joined(parts, prepared);
    },
    async summarize() {
      const all = await Promise.all(parts.map(({ dataset }) => dataset.summarize()));
      const { count, names, separateClasses } = joinedClasses(
        all.map(({ classes, classNames }, i) => (
          { name: parts[i].set.name, count: classes, names: classNames }
        )),
      );
      return {
        text: all.map(({ text }, i) => `${describe(parts[i])}: ${text}`).join("; "),
        train: all.reduce((sum, { train }) => sum + train, 0),
        classes: count,
        ...names ? { classNames: names } : {},
        ...separateClasses !== undefined ? { separateClasses } : {},
      };
    },
  };
}

/** A set with its share, and how its clips differ from those of the task. */
function describe({ set: { name, share, samplingRate, fps, frames } }: MixPart): string {
  const own = [
    `${Number((100 * share).toPrecision(4))} %`,
    ...samplingRate === undefined ? [] : [`sampling rate ${samplingRate}`],
    ...fps === undefined ? [] : [fps === null ? "each frame" : `${fps} fps`],
    ...frames ? [`frames ${frames.name}`] : [],
  ];
  return `${name} (${own.join(", ")})`;
}

async function preparePart(
  { set: { name }, dataset }: MixPart,
  { onProgress, signal }: PrepareOptions,
): Promise<PreparedDataset> {
  signal?.throwIfAborted();
  const prepared = await dataset.prepare({
    signal,
    onProgress: (progress) => onProgress?.({ ...progress, what: `${name}: ${progress.what}` }),
  });
  if (!prepared.sets) return prepared;
  throw new RangeError(`Cannot mix data sets: a set must not be a mix itself, got "${name}"`);
}

/** One data set of several that are prepared. */
function joined(parts: readonly MixPart[], prepared: readonly PreparedDataset[]): PreparedDataset {
  const { names, labelOf, separateClasses } = joinedClasses(
    prepared.map(({ classes }, i) => (
      { name: parts[i].set.name, count: classes.length, names: classes }
    )),
  );
  const [{ targets: kind }] = prepared;
  const haveSameTargets = prepared.every((one) => isTargetOf(one, prepared[0]));
  const listOf = (set: number, samples: readonly VideoSample[] | null): VideoSample[] =>
    samples?.map(({ targets, ...sample }) => ({
      ...{ ...sample, label: labelOf(set, sample.label), set },
      ...targets && haveSameTargets ? { targets } : {},
    })) ?? [];
  const listsOf = (list: (one: PreparedDataset) => readonly VideoSample[] | null) => {
    const lists = prepared.map((one, set) => listOf(set, list(one)));
    return lists.some(({ length }) => length > 0) ? lists : null;
  };
  const hasTest = prepared.some(({ test }) => test !== null);
  return {
    train: listsOf(({ train }) => train)!.flat(),
    heldOut: inTurns(listsOf(({ heldOut }) => heldOut)),
    test: hasTest ? inTurns(listsOf(({ test, heldOut }) => test ?? heldOut)) : null,
    classes: names!,
    ...kind && haveSameTargets ? { targets: kind } : {},
    known: prepared.flatMap(({ known = [] }) => known),
    sets: parts.map(({ set }) => set),
    ...separateClasses !== undefined
      ? { separateClasses }
      : haveSameTargets
      ? {}
      : { separateClasses: "labels, numbers or other names to predict in some" },
  };
}

/** Whether the same is predicted of two sets: classes, or the same labels or numbers in the same order. */
function isTargetOf(one: PreparedDataset, other: PreparedDataset): boolean {
  if (one.targets === undefined && other.targets === undefined) return true;
  return one.targets === other.targets &&
    JSON.stringify(one.classes) === JSON.stringify(other.classes);
}

/** The first of each list, the second of each, and so on. */
function inTurns<Item>(lists: readonly (readonly Item[])[] | null): Item[] | null {
  if (!lists) return null;
  const longest = Math.max(...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list.slice(at, at + 1)))
    .flat();
}
