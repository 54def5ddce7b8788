import type { Descriptor, MakePart } from "@videoms/core";
import type { ClipSet } from "./clip_set.ts";
import type { Dataset } from "./dataset.ts";

/** A data set of a mix. */
export interface MixedSet {
  /** The data set. */
  readonly dataset: Descriptor<"dataset">;
  /** What log and report call it. @default the name of its plugin, numbered where several have it */
  readonly name?: string;
  /** How many of its clips are drawn, compared with the weights of the other sets. @default 1 */
  readonly weight?: number;
  /** Frames from one frame of a clip to the next. @default `data.samplingRate` of the task */
  readonly samplingRate?: number;
  /** Target rate in frames per second; null for each frame of the video. @default `data.fps` of the task */
  readonly fps?: number | null;
  /**
   * Frame selector of its clips, with as many frames as the task's and, as that, without a second stage.
   *
   * @default `frames` of the task
   */
  readonly frames?: Descriptor<"frames">;
}

/** A data set of a mix, made. */
export interface MixPart {
  readonly set: ClipSet;
  readonly dataset: Dataset;
}

const WHERE = "Cannot mix data sets";

const KEYS = ["dataset", "name", "weight", "samplingRate", "fps", "frames"] as const;

/** Names are parts of names of numbers, and of paths in loggers. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

function isPositive(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}

/** Sets may come from the command line. */
function checkSet(set: MixedSet, at: number): void {
  const where = `${WHERE}: set ${at + 1}`;
  if (typeof set !== "object" || set === null || typeof set.dataset?.name !== "string") {
    throw new RangeError(
      `${where} must be an object with a dataset, got ${JSON.stringify(set)}`,
    );
  }
  const unknown = Object.keys(set).find((key) => !(KEYS as readonly string[]).includes(key));
  if (unknown !== undefined) {
    throw new RangeError(`${where} must have only ${KEYS.join(", ")}, got "${unknown}"`);
  }
  const { name, weight = 1, samplingRate = 1, fps = null } = set;
  if (name !== undefined && !NAME.test(name)) {
    throw new RangeError(
      `${where}: name must be letters, digits, dots, hyphens and underscores, got "${name}"`,
    );
  }
  if (!isPositive(weight)) {
    throw new RangeError(`${where}: weight must be a number above 0, got ${weight}`);
  }
  if (!isPositive(samplingRate) || !Number.isSafeInteger(samplingRate)) {
    throw new RangeError(
      `${where}: samplingRate must be a whole number from 1, got ${samplingRate}`,
    );
  }
  if (fps !== null && !isPositive(fps)) {
    throw new RangeError(`${where}: fps must be null or a number above 0, got ${fps}`);
  }
}

/** A name for each set; those of plugins that several sets are of are numbered. */
function namesOf(sets: readonly MixedSet[]): string[] {
  const pluginsOf = Map.groupBy(sets, ({ dataset }) => dataset.name);
  const names = sets.map((set) => {
    const alike = pluginsOf.get(set.dataset.name)!;
    const number = alike.length > 1 ? `-${alike.indexOf(set) + 1}` : "";
    return set.name ?? set.dataset.name + number;
  });
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined) return names;
  throw new RangeError(`${WHERE}: names of sets must differ, got "${twice}" twice`);
}

/**
 * Makes the sets of a mix.
 *
 * @throws {RangeError} for a value that cannot work, or fewer than two sets
 * @throws {TypeError} if the mix was not made by a registry
 */
export function mixParts(sets: readonly MixedSet[], make: MakePart | undefined): MixPart[] {
  if (!make) throw new TypeError(`${WHERE}: a registry must make the mix, got none`);
  if (sets.length < 2) {
    throw new RangeError(`${WHERE}: sets must be two or more, got ${sets.length}`);
  }
  sets.forEach(checkSet);
  const names = namesOf(sets);
  const total = sets.reduce((sum, { weight = 1 }) => sum + weight, 0);
  return sets.map(({ dataset, weight = 1, samplingRate, fps, frames }, i): MixPart => {
    if (dataset.name === "mix") {
      throw new RangeError(`${WHERE}: a set must not be a mix itself, got set ${i + 1}`);
    }
    if (frames) make("frames", frames); // says now what would stop the run later
    return {
      dataset: make<Dataset>("dataset", dataset),
      set: {
        name: names[i],
        share: weight / total,
        ...samplingRate !== undefined ? { samplingRate } : {},
        ...fps !== undefined ? { fps } : {},
        ...frames ? { frames: { ...frames, kind: "frames" } } : {},
      },
    };
  });
}
