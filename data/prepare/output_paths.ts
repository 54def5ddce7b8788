import { dirname, parse, relative, sep } from "node:path";
import { isImagePattern } from "../images/image_series.ts";

/** The deepest folder that contains all of the files, given as absolute paths. */
export function commonFolder(paths: readonly string[]): string {
  let parts = dirname(paths[0]).split(sep);
  for (const path of paths) {
    const others = dirname(path).split(sep);
    const shared = parts.findIndex((part, i) => part !== others[i]);
    if (shared >= 0) parts = parts.slice(0, shared);
  }
  return parts.join(sep) || sep;
}

/**
 * Output paths of prepared files: the tree of their sources below the common folder, with the extension
 * `.mp4` or, for folders of images, none. Names that differ only in extension or case also get the source's extension or a number.
 *
 * @param sources absolute paths, each once
 * @param known earlier outputs of sources, which stay
 * @param ending the extension, with the dot
 * @returns relative path by source, with `/`
 */
export function outputPaths(
  sources: readonly string[],
  known: ReadonlyMap<string, string>,
  ending = ".mp4",
): Map<string, string> {
  const outputs = new Map<string, string>();
  if (sources.length === 0) return outputs;
  const named = (source: string) => isImagePattern(source) ? dirname(source) : source;
  const root = commonFolder(sources.map(named));
  const taken = new Set(Array.from(known.values(), folded));
  for (const source of sources) {
    const output = known.get(source) ?? candidates(relative(root, named(source)), ending)
      .find((name) => !taken.has(folded(name)))!;
    taken.add(folded(output));
    outputs.set(source, output);
  }
  return outputs;
}

/** Names are compared as on case-insensitive file systems. */
function folded(name: string): string {
  return name.normalize().toLowerCase();
}

/** Candidate names for a file, best first, infinitely many. */
function* candidates(path: string, ending: string): Generator<string, void, void> {
  const whole = path.split(sep).join("/");
  yield `${whole.slice(0, whole.length - parse(path).ext.length)}${ending}`;
  yield `${whole}${ending}`;
  for (let i = 2;; i++) yield `${whole}-${i}${ending}`;
}
