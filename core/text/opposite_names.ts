/** Words that change places in a mirror. */
const MIRRORED = [["left", "right"], ["clockwise", "counterclockwise"]] as const;

/** Words that change places when a video runs backwards. */
const REVERSED = [
  ...MIRRORED,
  ...[["up", "down"], ["in", "out"], ["into", "outof"], ["forward", "backward"], ["push", "pull"]],
  ...[["opening", "closing"], ["opened", "closed"], ["open", "close"], ["raising", "lowering"]],
  ...[["rising", "falling"], ["fold", "unfold"]],
];

/** What may follow such a word: "leftwards", "right-handed", "pushing". */
const ENDINGS = ["", "s", "d", "ed", "ing", "ward", "wards", "hand", "handed", "most"];

/** Lower-case words: "SwipeLeft" and "swipe_left" are the same, and so are all spellings of counterclockwise. */
function wordsOf(name: string): string[] {
  return name.replaceAll(/(\p{Ll})(?=\p{Lu})/gu, "$1 ").toLowerCase()
    .replaceAll(/(counter|anti)[^\p{L}]*clockwise|(?<!\p{L})ccw(?!\p{L})/gu, "counterclockwise")
    .replaceAll(/(?<!\p{L})cw(?!\p{L})/gu, "clockwise")
    .replaceAll(/out\s+of/g, "outof")
    .split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
}

function swapped(word: string, pairs: readonly (readonly string[])[]): string {
  for (const [one, other] of [...pairs, ...pairs.map(([a, b]) => [b, a])]) {
    const ending = word.slice(one.length);
    if (word.startsWith(one) && ENDINGS.includes(ending)) return other + ending;
  }
  return word;
}

/**
 * Names of motions, such as classes, that become each other in a mirror ("left", "right"), or when the video runs
 * backwards ("up" and "down", too). Words are compared in lower case, with usual endings.
 *
 * @returns pairs of indices, each pair once, the smaller index first
 * @example
 * ```ts
 * import { oppositeNames } from "@videoms/core";
 *
 * const names = ["Swiping Left", "bright", "swiping_right", "up", "down"];
 * console.assert(JSON.stringify(oppositeNames(names, "mirror")) === "[[0,2]]");
 * console.assert(JSON.stringify(oppositeNames(names, "reversal")) === "[[0,2],[3,4]]");
 * ```
 */
export function oppositeNames(
  names: readonly string[],
  by: "mirror" | "reversal",
): [number, number][] {
  const pairs = by === "mirror" ? MIRRORED : REVERSED;
  const known = new Map(names.map((name, i) => [wordsOf(name).join(" "), i]));
  return names.flatMap((name, i): [number, number][] => {
    const other = known.get(wordsOf(name).map((word) => swapped(word, pairs)).join(" "));
    return other !== undefined && other > i ? [[i, other]] : [];
  });
}
