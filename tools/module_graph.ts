import { relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
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

/** What `deno info` says of files and of all that they import, asked at once. */
async function moduleInfo(files: readonly string[]): Promise<ModuleInfo> {
  const folder = await Deno.makeTempDir();
  try {
    const entry = `${folder}/entry.ts`;
    const imports = files.map((file) => `import ${JSON.stringify(pathToFileURL(file).href)};\n`);
    await Deno.writeTextFile(entry, imports.join(""));
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", entry],
    }).output();
    const text = new TextDecoder();
    if (code !== 0) throw new Error(`Cannot read the imports of modules: ${text.decode(stderr)}`);
    return JSON.parse(text.decode(stdout));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * Imports between the modules of a repository, of types too, as `deno info` resolves them.
 *
 * @param root folder of the repository, absolute
 * @param folders top folders and files to start from; each file below them is looked at
 * @throws {Error} if a module cannot be found
 */
export async function moduleGraph(root: string, folders: readonly string[]): Promise<Edge[]> {
  const local = (specifier?: string): string | null => {
    if (!specifier?.startsWith("file:")) return null;
    const path = relative(root, fileURLToPath(specifier)).replaceAll("\\", "/");
    return path.startsWith("..") ? null : path;
  };
  const files = folders.flatMap((folder) =>
    folder.endsWith(".ts") ? [`${root}/${folder}`] : sourceFiles(`${root}/${folder}`)
  );
  return (await moduleInfo(files)).modules.flatMap(({ specifier, error, dependencies = [] }) => {
    if (error) throw new Error(`Cannot read the imports of ${specifier}: ${error}`);
    const from = local(specifier);
    if (from === null) return [];
    return dependencies.flatMap((dependency) => {
      const to = local(dependency.code?.specifier ?? dependency.type?.specifier);
      return to === null ? [] : [{ from, to, specifier: dependency.specifier }];
    });
  });
}
