/**
 * The rule of the packages, as pure functions over a graph of modules:
 *
 *     core <- masking, models, data (siblings: none imports another) <- studio <- tasks <- tests, tools, bench
 *
 * The façade `mod.ts` may import every package. Packages import each other by name, never by path. Within
 * `tasks` the folders have an order of their own, {@linkcode DOORS}. Neither modules nor folders may import
 * each other in a ring.
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

const PACKAGES = ["core", "masking", "models", "data", "studio", "tasks"];

/** Folders that the modules of a top folder may import from, besides their own. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  masking: ["core"],
  models: ["core"],
  data: ["core"],
  studio: ["core", "masking", "models", "data"],
  tasks: ["core", "masking", "models", "data", "studio"],
  "mod.ts": PACKAGES,
  tests: [...PACKAGES, "tools", "bench", "mod.ts"],
  tools: PACKAGES,
  bench: [...PACKAGES, "mod.ts"],
};

/** The folders of `tasks`, each of which may import those before it; the task files are no part of this. */
const DOORS = [
  "definition",
  "runs",
  "evaluation",
  "compare",
  "commands",
];

function topOf(path: string): string {
  return path.split("/")[0];
}

/** What is wrong with an import within `tasks`, or null. */
function doorProblem(from: string, to: string): string | null {
  const [door, other] = [from, to].map((path) => DOORS.indexOf(path.split("/")[1]));
  if (door < 0 || other <= door) return null;
  const before = DOORS.slice(0, door).map((name) => `tasks/${name}`).join(", ") || "no other door";
  return `${from} imports ${to}: tasks/${DOORS[door]} may import ${before}`;
}

/** What is wrong with an edge, or null. */
function edgeProblem({ from, to, specifier }: Edge): string | null {
  const [source, target] = [topOf(from), topOf(to)];
  if (source === target) return source === "tasks" ? doorProblem(from, to) : null;
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

/**
 * The import of one folder by another that an import between modules stands for: of the two folders side by
 * side below the nearest folder that holds both modules. None where a module lies in that folder itself:
 * a face such as `mod.ts` may both use the folders beside it and be used by them.
 */
function folderEdge({ from, to }: Edge): Pick<Edge, "from" | "to"> | null {
  const [source, target] = [from, to].map((path) => path.split("/").slice(0, -1));
  let depth = 0;
  while (depth < source.length && source[depth] === target[depth]) depth++;
  if (depth === 0 || depth === source.length || depth >= target.length) return null;
  const [one, other] = [source, target].map((path) => path.slice(0, depth + 1).join("/"));
  return { from: one, to: other };
}

/** What imports each other in a ring, one ring for each place where a walk closes one. */
function findCycles(edges: readonly Pick<Edge, "from" | "to">[]): string[][] {
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
  const rings = (what: string, graph: readonly Pick<Edge, "from" | "to">[]) =>
    findCycles(graph).map((ring) => `${what} import in a ring: ${ring.join(" -> ")}`);
  const folders = edges.map(folderEdge).filter((edge) => edge !== null);
  return [
    ...new Set([
      ...edges.map(edgeProblem).filter((problem) => problem !== null),
      ...rings("modules", edges),
      ...rings("folders", folders),
    ]),
  ];
}
