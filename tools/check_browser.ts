/**
 * Fails if core, masking or models uses what only Deno has: they also run in a browser.
 *
 * @module
 */

import { resolve } from "node:path";
import { BROWSER_PACKAGES, browserProblems } from "./browser_check.ts";

if (import.meta.main) {
  const root = resolve(import.meta.dirname!, "..");
  const problems = await browserProblems(
    root,
    BROWSER_PACKAGES.flatMap((name) => [`${root}/${name}/mod.ts`, `${root}/${name}/testing.ts`]),
  );
  if (problems) {
    console.error(problems);
    Deno.exit(1);
  }
  console.log(`browser: ${BROWSER_PACKAGES.join(", ")} need nothing that only Deno has`);
}
