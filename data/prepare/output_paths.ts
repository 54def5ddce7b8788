import { dirname, parse, relative, sep } from "node:path";

/** The deepest folder that holds all of the files, which are absolute paths. */
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
 * Where prepared files go: the tree of their sources below the folder that all share, each with the
 * ending `.mp4`, so that files of one name in different folders stay apart. Names that differ only in
 * their endings, or in capitals, get the ending of the source or a number too.
 *
 * @param sources absolute paths, each once
 * @param known where sources of this call and of others went before; these stay
 * @returns path by source, relative, with `/`
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

/** Names are compared as file systems do that hold capitals for the same. */
function folded(name: string): string {
  return name.normalize().toLowerCase();
}

/** Names for a file, the best first, without end. */
function* candidates(path: string): Generator<string, void, void> {
  const whole = path.split(sep).join("/");
  yield `${whole.slice(0, whole.length - parse(path).ext.length)}.mp4`;
  yield `${whole}.mp4`;
  for (let i = 2;; i++) yield `${whole}-${i}.mp4`;
}
