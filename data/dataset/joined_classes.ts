import type { MixedClasses } from "./clip_set.ts";

/** The classes of a data set, whose names may be unknown before it is prepared. */
export interface SetClasses {
  readonly name: string;
  readonly count: number;
  readonly names?: readonly string[];
}

/** The class list of a mix. */
export interface JoinedClasses extends MixedClasses {
  readonly count: number;
  /** Class names by label of the mix; undefined where those of a set are unknown. */
  readonly names?: readonly string[];
  /** The label in the mix of a label of a set. */
  labelOf(set: number, label: number): number;
}

/** A list's names in one order; undefined where they cannot tell classes apart. */
function sorted({ names }: SetClasses): string | undefined {
  return names && new Set(names).size === names.length
    ? JSON.stringify([...names].sort())
    : undefined;
}

/** Whether two sets have the same classes, in any order; by their number alone where names are unknown. */
function haveSameClasses(one: SetClasses, other: SetClasses): boolean {
  if (one.count !== other.count) return false;
  if (!one.names || !other.names) return true;
  if (one.names.every((name, label) => name === other.names![label])) return true;
  return sorted(one) !== undefined && sorted(one) === sorted(other);
}

/**
 * The classes of a mix. Sets with the same class names share one list, that of the first set, in whatever order they
 * have them; classes of other sets are all different, and named `set: class`.
 */
export function joinedClasses(sets: readonly SetClasses[]): JoinedClasses {
  const [first] = sets;
  if (sets.every((set) => haveSameClasses(first, set))) {
    const labels = sets.map(({ names = [] }) => {
      const isSameOrder = names.every((name, label) => name === first.names?.[label]);
      return isSameOrder ? null : names.map((name) => first.names!.indexOf(name));
    });
    const { count, names } = first;
    return { count, names, labelOf: (set, label) => labels[set]?.[label] ?? label };
  }
  const starts = sets.map((_, i) => sets.slice(0, i).reduce((sum, { count }) => sum + count, 0));
  const names = sets.flatMap(({ name, names = [] }) => names.map((one) => `${name}: ${one}`));
  return {
    count: sets.reduce((sum, { count }) => sum + count, 0),
    names: sets.every((set) => set.names) ? names : undefined,
    labelOf: (set, label) => starts[set] + label,
    separateClasses: sets.map(({ name, count, names }) =>
      `${count} of ${name}${names ? ` (${firstNames(names)})` : ""}`
    ).join(", "),
  };
}

const NAMES_SHOWN = 3;

function firstNames(names: readonly string[]): string {
  const rest = names.length > NAMES_SHOWN ? ", …" : "";
  return names.slice(0, NAMES_SHOWN).join(", ") + rest;
}
