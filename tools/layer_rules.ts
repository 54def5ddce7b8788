/**
 * The rule of the packages, as pure functions over a graph of modules:
 *
 *     core <- masking, models, data (siblings: none imports another) <- tasks <- tests, tools, bench
 *
 * The façade `mod.ts` may import every package. Packages import each other by name, never by path.
 *
 * @module
 */

/** An import of one module by another; both are paths from the root of the repository. */
export interface Edge {
  from: string;
  to: string;
  /** What the import statement says. */
  specifier: string;
}

const PACKAGES = ["core", "masking", "models", "data", "tasks"];

/** Folders that the modules of a top folder may import from, besides their own. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  masking: ["core"],
  models: ["core"],
  data: ["core"],
  tasks: ["core", "masking", "models", "data"],
  "mod.ts": PACKAGES,
  tests: [...PACKAGES, "tools", "bench", "mod.ts"],
  tools: PACKAGES,
  bench: [...PACKAGES, "mod.ts"],
};

function topOf(path: string): string {
  return path.split("/")[0];
}

/** What is wrong with an edge, or null. */
function edgeProblem({ from, to, specifier }: Edge): string | null {
  const [source, target] = [topOf(from), topOf(to)];
  if (source === target) return null;
  const allowed = MAY_IMPORT[source] ?? [];
  if (!allowed.includes(target)) {
    const rule = allowed.length === 0 ? "nothing outside itself" : allowed.join(", ");
    return `${from} imports ${to}: ${source} may import ${rule}`;
  }
  if (PACKAGES.includes(source) && !specifier.startsWith("@videoms/")) {
    return `${from} imports "${specifier}": another package is imported by name, @videoms/${target}`;
  }
  return null;
}

/** Modules that import each other in a ring, one ring for each place where a walk closes one. */
function findCycles(edges: readonly Edge[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const path: string[] = [];
  const cycles: string[][] = [];
  const walk = (module: string) => {
    const start = path.indexOf(module);
    if (start >= 0) cycles.push([...path.slice(start), module]);
    if (start >= 0 || done.has(module)) return;
    path.push(module);
    for (const one of next.get(module) ?? []) walk(one);
    path.pop();
    done.add(module);
  };
  for (const module of next.keys()) walk(module);
  return cycles;
}

/** Everything in a graph of modules that breaks the rule, a line each; none if it holds. */
export function layerProblems(edges: readonly Edge[]): string[] {
  const forbidden = edges.map(edgeProblem).filter((problem) => problem !== null);
  const cycles = findCycles(edges).map((ring) => `modules import in a ring: ${ring.join(" -> ")}`);
  return [...new Set([...forbidden, ...cycles])];
}
