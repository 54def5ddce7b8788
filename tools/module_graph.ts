import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Edge } from "./layer_rules.ts";
import { sourceFiles } from "./source_files.ts";

/** The part of what `deno info --json` prints that is read here. */
interface ModuleInfo {
  modules: {
    specifier: string;
    error?: string;
    dependencies?: {
      specifier: string;
      code?: { specifier?: string };
      type?: { specifier?: string };
    }[];
  }[];
}

async function moduleInfo(file: string): Promise<ModuleInfo> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", file],
  }).output();
  const text = new TextDecoder();
  if (code !== 0) throw new Error(`Cannot read the imports of ${file}: ${text.decode(stderr)}`);
  return JSON.parse(text.decode(stdout));
}

/**
 * Imports between the modules of a repository, of types too, as `deno info` resolves them.
 *
 * @param root folder of the repository, absolute
 * @param folders top folders and files to start from; each file below them is looked at
 * @throws {Error} if a module cannot be found
 */
export async function moduleGraph(root: string, folders: readonly string[]): Promise<Edge[]> {
  const seen = new Set<string>();
  const edges: Edge[] = [];
  const local = (specifier?: string): string | null => {
    if (!specifier?.startsWith("file:")) return null;
    const path = relative(root, fileURLToPath(specifier)).replaceAll("\\", "/");
    return path.startsWith("..") ? null : path;
  };
  const files = folders.flatMap((folder) =>
    folder.endsWith(".ts") ? [`${root}/${folder}`] : sourceFiles(`${root}/${folder}`)
  );
  // A package's mod.ts reaches most of its files at once.
  const order = files.sort((a, b) => Number(b.endsWith("/mod.ts")) - Number(a.endsWith("/mod.ts")));
  for (const file of order) {
    if (seen.has(relative(root, file).replaceAll("\\", "/"))) continue;
    for (const { specifier, error, dependencies = [] } of (await moduleInfo(file)).modules) {
      if (error) throw new Error(`Cannot read the imports of ${specifier}: ${error}`);
      const from = local(specifier);
      if (from === null || seen.has(from)) continue;
      seen.add(from);
      for (const dependency of dependencies) {
        const to = local(dependency.code?.specifier ?? dependency.type?.specifier);
        if (to !== null) edges.push({ from, to, specifier: dependency.specifier });
      }
    }
  }
  return edges;
}
