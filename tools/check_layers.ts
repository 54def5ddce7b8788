/**
 * Fails if a package or a folder of `tasks` imports what it may not, or if modules or folders import each
 * other in a ring.
 *
 * @module
 */

import { resolve } from "node:path";
import { layerProblems } from "./layer_rules.ts";
import { moduleGraph } from "./module_graph.ts";

if (import.meta.main) {
  const root = resolve(import.meta.dirname!, "..");
  const folders = [
    "core",
    "masking",
    "models",
    "data",
    "studio",
    "tasks",
    "mod.ts",
    "tests",
    "tools",
    "bench",
  ];
  const edges = await moduleGraph(root, folders);
  const problems = layerProblems(edges);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) Deno.exit(1);
  console.log(`layers: ${edges.length} imports, all allowed, no ring`);
}
