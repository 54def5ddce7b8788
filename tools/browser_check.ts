import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** Libraries of types that a browser has; none of them knows the Deno namespace. */
const BROWSER_LIBRARIES = ["esnext", "dom", "dom.iterable", "dom.asynciterable"];

/** Packages that also run in a browser. */
export const BROWSER_PACKAGES = ["core", "masking", "models"] as const;

/** Pages: modules that run in a browser alone. */
export const PAGES = "studio/page";

/** What a package exports: names by which it is imported, and their modules. */
async function exportsOf(root: string, name: string): Promise<[string, string][]> {
  const { exports } = JSON.parse(await Deno.readTextFile(`${root}/${name}/deno.json`));
  const paths = Object.entries(exports as Record<string, string>);
  return paths.map(([key, path]) => [
    `@videoms/${name}${key.slice(1)}`,
    pathToFileURL(resolve(root, name, path)).href,
  ]);
}

/** A configuration for `deno check` that has the packages of the repository and a browser's types. */
async function browserConfig(root: string): Promise<string> {
  const { imports, compilerOptions } = JSON.parse(await Deno.readTextFile(`${root}/deno.json`));
  const names = [...BROWSER_PACKAGES, "data", "studio"]; // of these only what pages import
  const packages = await Promise.all(names.map((name) => exportsOf(root, name)));
  return JSON.stringify({
    nodeModulesDir: "none",
    imports: { ...imports, ...Object.fromEntries(packages.flat()) },
    compilerOptions: {
      ...compilerOptions,
      lib: BROWSER_LIBRARIES,
      jsx: "react-jsx",
      jsxImportSource: "preact",
    },
  });
}

/**
 * Type-checks modules as a browser would see them.
 *
 * @param root folder of the repository
 * @param files modules to check
 * @returns what the type checker has to say; empty if all is well
 */
export async function browserProblems(root: string, files: readonly string[]): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const config = `${folder}/deno.json`;
    await Deno.writeTextFile(config, await browserConfig(root));
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "-q", "--no-lock", "--config", config, ...files.map((file) => resolve(file))],
      env: { NO_COLOR: "1" },
    }).output();
    return code === 0 ? "" : new TextDecoder().decode(stderr);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
