import { dirname, parse, relative, sep } from "node:path";

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
 * `.mp4`. Names that differ only in extension or case also get the source's extension or a number.
 *
 * @param sources absolute paths, each once
 * @param known earlier outputs of sources, which stay
 * @returns relative path by source, with `/`
 */
export function outputPaths(
  sources: readonly string[],
  known: ReadonlyMap<string, string>,
): Map<string, string> {
  const outputs = new Map<string, string>();
  if (sources.length === 0) return outputs;
  const root = commonFolder(sources);
  const taken = new Set(Array.from(known.values(), folded));
  for (const source of sources) {
    const output = known.get(source) ?? candidates(relative(root, source))
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
function* candidates(path: string): Generator<string, void, void> {
  const whole = path.split(sep).join("/");
  yield `${whole.slice(0, whole.length - parse(path).ext.length)}.mp4`;
  yield `${whole}.mp4`;
  for (let i = 2;; i++) yield `${whole}-${i}.mp4`;
}
