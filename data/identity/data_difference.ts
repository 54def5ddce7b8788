import { createLimiter } from "../process/limiter.ts";
import {
  commonFolder,
  type DataIdentity,
  type DataRecord,
  isSameList,
  LIST_NAMES,
  nameIn,
  type SampleIdentity,
} from "./data_identity.ts";

const TITLES = { train: "training list", heldOut: "held-out list", test: "test list" } as const;

/** The names of a list's samples, to pair them with those of another list. */
type Names = readonly string[];

/** The earlier sample of each present one; null if it is new. */
interface Pairs {
  readonly earlier: readonly (number | null)[];
  /** Indices of the earlier list without a present sample. */
  readonly removed: readonly number[];
}

function pair(before: Names, now: Names): Pairs {
  const places = new Map<string, number[]>();
  before.forEach((name, place) => {
    const known = places.get(name);
    if (known) known.push(place);
    else places.set(name, [place]);
  });
  for (const list of places.values()) list.reverse(); // videos listed twice are paired in order
  const earlier = now.map((name) => places.get(name)?.pop() ?? null);
  return { earlier, removed: [...places.values()].flat().sort((a, b) => a - b) };
}

function unpaired({ earlier, removed }: Pairs): number {
  return removed.length + earlier.filter((place) => place === null).length;
}

function withStretch({ seconds, frames }: SampleIdentity, name: string): string {
  if (frames) return `${name} ${frames.start}+${frames.count ?? ""}`;
  return seconds ? `${name} ${seconds.start}-${seconds.end}` : name;
}

/** The label or the targets of a sample, for people and to compare. */
function labelOf({ label, targets }: SampleIdentity): string {
  return targets ? targets.join(", ") : String(label);
}

/** Real paths, with links resolved; the path itself if there is no such file. */
async function realNames(samples: readonly SampleIdentity[]): Promise<Names> {
  const limiter = createLimiter(64);
  return await Promise.all(
    samples.map((sample) =>
      limiter.run(async () =>
        withStretch(sample, await Deno.realPath(sample.path).catch(() => sample.path))
      )
    ),
  );
}

/** Pairs samples by path, and the rest by path relative to the lists' folders or by real path. */
async function pairSamples(
  before: readonly SampleIdentity[],
  now: readonly SampleIdentity[],
): Promise<Pairs> {
  const byPath = (list: readonly SampleIdentity[]) => list.map((one) => withStretch(one, one.path));
  const byName = (list: readonly SampleIdentity[]) => {
    const folder = commonFolder(list);
    return list.map((one) => withStretch(one, nameIn(folder, one.path)));
  };
  let best = pair(byPath(before), byPath(now));
  for (const names of [byName, realNames]) {
    if (unpaired(best) === 0) return best;
    const other = pair(await names(before), await names(now));
    if (unpaired(other) < unpaired(best)) best = other;
  }
  return best;
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** Differences between the same videos then and now, one text per kind. */
function changedSamples(
  before: readonly SampleIdentity[],
  now: readonly SampleIdentity[],
  { earlier }: Pairs,
  name: (sample: SampleIdentity) => string,
): string[] {
  const pairs = now.flatMap((sample, i) => {
    const place = earlier[i];
    return place === null ? [] : [{ sample, old: before[place], row: i + 1 }];
  });
  const kinds = {
    labels: pairs.filter(({ sample, old }) => labelOf(sample) !== labelOf(old)),
    sets: pairs.filter(({ sample, old }) => sample.set !== old.set),
    sizes: pairs.filter(({ sample: { size }, old }) =>
      size !== null && old.size !== null && size !== old.size
    ),
    lost: pairs.filter(({ sample, old }) => sample.size === null && old.size !== null),
    found: pairs.filter(({ sample, old }) => sample.size !== null && old.size === null),
  };
  const differences: string[] = [];
  const [label] = kinds.labels;
  if (label) {
    differences.push(
      `${kinds.labels.length} of ${now.length} labels differ, first: ${
        name(label.sample)
      } (video ${label.row}): ${labelOf(label.old)} -> ${labelOf(label.sample)}`,
    );
  }
  const [set] = kinds.sets;
  if (set) {
    differences.push(
      `${count(kinds.sets.length, "video is", "videos are")} of another set, first: ${
        name(set.sample)
      }`,
    );
  }
  const [size] = kinds.sizes;
  if (size) {
    differences.push(
      `${count(kinds.sizes.length, "file has", "files have")} another size, first: ${
        name(size.sample)
      }: ${size.old.size} -> ${size.sample.size} bytes`,
    );
  }
  const [lost] = kinds.lost;
  if (lost) {
    const videos = count(kinds.lost.length, "video", "videos");
    differences.push(`${videos} can no longer be read, first: ${name(lost.sample)}`);
  }
  const [found] = kinds.found;
  if (found) {
    const videos = count(kinds.found.length, "video", "videos");
    differences.push(`${videos} could not be read and can be now, first: ${name(found.sample)}`);
  }
  return differences;
}

async function listDifferences(
  before: readonly SampleIdentity[],
  now: readonly SampleIdentity[],
): Promise<string[]> {
  const pairs = await pairSamples(before, now);
  const { earlier, removed } = pairs;
  const folder = commonFolder([...before, ...now]);
  const name = ({ path }: SampleIdentity) => nameIn(folder, path);
  const added = now.filter((_, i) => earlier[i] === null);
  const differences = changedSamples(before, now, pairs, name);
  if (added.length > 0) {
    differences.push(`${count(added.length, "video", "videos")} added, first: ${name(added[0])}`);
  }
  if (removed.length > 0) {
    const videos = count(removed.length, "video", "videos");
    differences.push(`${videos} removed, first: ${name(before[removed[0]])}`);
  }
  const kept = earlier.flatMap((place, i) => place === null ? [] : [{ place, i }]);
  const moved = kept.findIndex(({ place }, i) => i > 0 && place < kept[i - 1].place);
  if (moved > 0) {
    const { i } = kept[moved];
    differences.push(`the order differs, first: ${name(now[i])} is video ${i + 1}`);
  }
  return differences;
}

/** The difference between classes; null if there is none. */
function classDifference(before: readonly string[], now: readonly string[]): string | null {
  if (before.length !== now.length) return `${before.length} -> ${now.length} classes`;
  const label = now.findIndex((name, i) => name !== before[i]);
  return label < 0 ? null : `class ${label} is "${now[label]}" and was "${before[label]}"`;
}

/** How a run's data have changed. */
export interface DataDifference {
  /** A text for each list that differs, and for the classes. */
  readonly changed: readonly string[];
  /** A text for each list that has only moved. */
  readonly moved: readonly string[];
}

/**
 * Compares a run's earlier data with its present data. Files are compared by real path, and lists that moved
 * with their folder are the same.
 *
 * @param before every sample that the run had; null if unknown
 */
export async function dataDifference(
  before: { readonly record: DataRecord; readonly data: DataIdentity | null },
  now: { readonly record: DataRecord; readonly data: DataIdentity },
): Promise<DataDifference> {
  const changed: string[] = [];
  const moved: string[] = [];
  for (const list of LIST_NAMES) {
    const title = TITLES[list];
    const [then, present] = [before.record[list], now.record[list]];
    if (isSameList(then, present)) {
      if (then && present && then.folder !== present.folder) {
        moved.push(
          `the videos of the ${title} are in ${present.folder} and were in ${then.folder}`,
        );
      }
      continue;
    }
    const [old, samples] = [before.data?.[list] ?? null, now.data[list]];
    const differences = old && samples
      ? await listDifferences(old, samples)
      : [`${then?.videos ?? "no"} videos then and ${present?.videos ?? "no"} now, not the same`];
    if (differences.length > 0) changed.push(`${title}: ${differences.join(", ")}`);
  }
  if (before.record.classes.hash !== now.record.classes.hash) {
    const { classes } = before.data ?? {};
    const difference = classes ? classDifference(classes, now.data.classes) : "they differ";
    if (difference) changed.push(`classes: ${difference}`);
  }
  return { changed, moved };
}
