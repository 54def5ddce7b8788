/**
 * Fails if core, masking, models or a page uses what only Deno has: they also run in a browser.
 *
 * @module
 */

import { resolve } from "node:path";
import { BROWSER_PACKAGES, browserProblems, PAGES } from "./browser_check.ts";
import { sourceFiles } from "./source_files.ts";

if (import.meta.main) {
  const root = resolve(import.meta.dirname!, "..");
  const problems = await browserProblems(
    root,
    [
      ...BROWSER_PACKAGES.flatMap((
        name,
      ) => [`${root}/${name}/mod.ts`, `${root}/${name}/testing.ts`]),
      ...sourceFiles(`${root}/${PAGES}`),
    ],
  );
  if (problems) {
    console.error(problems);
    Deno.exit(1);
  }
  console.log(
    `browser: ${BROWSER_PACKAGES.join(", ")} and ${PAGES} need nothing that only Deno has`,
  );
}
