import assert from "node:assert/strict";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Example } from "./find_examples.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Runs code as a module of this project; what it asserts must hold. */
export async function runModule(code: string, folder: string, name: string): Promise<void> {
  const path = `${folder}/${name}.ts`;
  await Deno.writeTextFile(path, code);
  const { assert: own } = console;
  console.assert = (holds = false, ...said) => assert.ok(holds, said.join(" ") || code);
  try {
    await import(pathToFileURL(path).href);
  } finally {
    console.assert = own;
  }
}

/**
 * Makes a test of each example. All run in one process, so that it loads the packages once.
 *
 * @param examples at least one
 */
export async function testExamples(examples: readonly Example[]): Promise<void> {
  assert.ok(examples.length > 0, "no examples found");
  await Deno.mkdir(`${root}.videoms`, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: `${root}.videoms`, prefix: "examples-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  for (const [i, { place, code }] of examples.entries()) {
    const run = () => runModule(code, folder, `example-${i}`);
    // One that makes tests of its own can do so only before the first begins.
    if (code.includes("Deno.test(")) await run();
    // What a package sets up once outlives an example.
    else Deno.test({ name: place, sanitizeOps: false, sanitizeResources: false, fn: run });
  }
}
