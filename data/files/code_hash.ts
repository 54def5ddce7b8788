import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** Folders whose files are the program, in a checkout. */
const PACKAGES = ["core", "masking", "models", "data", "tasks"];

/** Files in a folder and below it that are code, with their contents. */
async function filesOf(folder: string): Promise<[path: string, content: Uint8Array][]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const paths = names.filter((name) => /\.(ts|json)$/.test(name)).sort();
  return await Promise.all(
    paths.map(async (
      path,
    ): Promise<[string, Uint8Array]> => [path, await readFile(`${folder}/${path}`)]),
  );
}

/**
 * SHA-256 of the program's own files where they lie in a checkout, which may differ from others of its version; null
 * where they come from a registry.
 */
export async function codeHash(): Promise<Uint8Array | null> {
  const root = new URL("../../", import.meta.url);
  if (root.protocol !== "file:") return null;
  const folders = PACKAGES.map((name) => filesOf(fileURLToPath(new URL(name, root))));
  const encoder = new TextEncoder();
  const parts = (await Promise.all(folders)).flat().flatMap((
    [path, content],
  ) => [encoder.encode(`${path} ${content.length}\n`), content]);
  const bytes = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}
