/**
 * Fails if an exported symbol has no documentation, or names a type that is not exported.
 *
 * @module
 */

import { resolve } from "node:path";
import { docProblems } from "./doc_rules.ts";
import { ENTRY_POINTS } from "./entry_points.ts";

if (import.meta.main) {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", ...ENTRY_POINTS],
    cwd: resolve(import.meta.dirname!, ".."),
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  const output = text.decode(stderr) + text.decode(stdout);
  const problems = docProblems(output);
  // Without a count of findings it did not come as far as looking for them.
  const isDone = output.includes("Checked") || /Found \d+ documentation lint error/.test(output);
  if (problems.length > 0 || !isDone) {
    console.error(problems.join("\n\n") || output);
    Deno.exit(1);
  }
  console.log(`documentation: ${ENTRY_POINTS.length} entry points, every symbol has its own`);
}
