import { parseCsv } from "./csv.ts";
import { firstOf } from "./first_of.ts";
import { readListText } from "./read_list.ts";

/** What the labels of a classifier's head count for in a list of classes. */
export interface LabelMap {
  /** For each label of the head the class that it counts for, from 0; -1 for none. */
  readonly to: readonly number[];
  /** Number of classes. */
  readonly count: number;
}

/** A label of a head and the class that it counts for, each by its name or its number from 0. */
export interface LabelPair {
  readonly head: string;
  readonly class: string;
}

/**
 * Reads a file of label pairs: CSV with a header and the columns `head` and `class`.
 *
 * @throws {Deno.errors.NotFound} if there is no such file
 * @throws {SyntaxError} if it is no such CSV
 */
export async function readLabelPairs(file: string): Promise<LabelPair[]> {
  const rows = parseCsv(await readListText(file, "the label map"), {
    file,
    columns: ["head", "class"],
  });
  return rows.map(({ values }) => ({ head: values.head.trim(), class: values.class.trim() }));
}

/** Whether classes have no names but their numbers. */
export function areUnnamed(names: readonly string[]): boolean {
  return names.every((name, place) => name === String(place));
}

/** The place of a name, or of a number among so many; -1 for neither. */
function placeOf(text: string, names: readonly string[]): number {
  const place = names.indexOf(text);
  if (place >= 0 || !/^\d+$/.test(text)) return place;
  return Number(text) < names.length ? Number(text) : -1;
}

function refuseNames(rule: string, all: number, names: readonly string[], advice = ""): never {
  const got = `${names.length} of ${all}: ${firstOf(names.map((name) => `"${name}"`))}`;
  throw new RangeError(`Cannot map labels: ${rule}, got ${got}${advice}`);
}

function pairsByName(head: readonly string[], classes: readonly string[]): LabelPair[] {
  if (areUnnamed(head) || areUnnamed(classes)) {
    const which = areUnnamed(head) ? "the labels of the head" : "the classes";
    throw new RangeError(
      `Cannot map labels: ${which} must have names to be found by, got numbers; a label map says ` +
        "what counts for what",
    );
  }
  const known = new Set(classes);
  return head.filter((name) => known.has(name)).map((name) => ({ head: name, class: name }));
}

/**
 * Maps the labels of a classifier's head onto a list of classes: several may count for one class, and those that no
 * pair names count for none. Every class must have a label.
 *
 * @param head names of the head's labels
 * @param classes names of the classes
 * @param pairs what counts for what @default labels count for the class of the same name
 * @throws {RangeError} that counts and names what is not known, is there twice, or lacks a label
 * @example
 * ```ts
 * import { mapLabels } from "@videoms/data";
 *
 * const { to } = mapLabels(["run", "jump", "swim"], ["swim", "run"]);
 * console.assert(to.join() === "1,-1,0");
 * ```
 */
export function mapLabels(
  head: readonly string[],
  classes: readonly string[],
  pairs: readonly LabelPair[] = pairsByName(head, classes),
): LabelMap {
  const unknown = (key: keyof LabelPair, names: readonly string[]) =>
    pairs.map((pair) => pair[key]).filter((text) => placeOf(text, names) < 0);
  const strangers = unknown("head", head);
  if (strangers.length > 0) {
    refuseNames(`labels must be among the ${head.length} of the head`, pairs.length, strangers);
  }
  const others = unknown("class", classes);
  if (others.length > 0) {
    refuseNames(`classes must be among the ${classes.length} of the list`, pairs.length, others);
  }
  const to = head.map(() => -1);
  const twice: string[] = [];
  for (const pair of pairs) {
    const [from, label] = [placeOf(pair.head, head), placeOf(pair.class, classes)];
    if (to[from] >= 0 && to[from] !== label) twice.push(pair.head);
    to[from] = label;
  }
  if (twice.length > 0) {
    refuseNames("a label must count for one class alone", pairs.length, twice);
  }
  const lost = classes.filter((_, label) => !to.includes(label));
  if (lost.length > 0) {
    refuseNames(
      "every class must have a label of the head",
      classes.length,
      lost,
      " without one; a label map says what counts for what",
    );
  }
  return { to, count: classes.length };
}

/** A label map in a few words: "710 labels onto 400 classes, 12 for none". */
export function labelMapText({ to, count }: LabelMap): string {
  const none = to.filter((place) => place < 0).length;
  return `${to.length} labels onto ${count} classes, ${none} for none`;
}
