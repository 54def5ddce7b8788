import assert from "node:assert/strict";
import { resolve } from "node:path";
import { BROWSER_PACKAGES, browserProblems } from "../../tools/browser_check.ts";
import { type Edge, layerProblems } from "../../tools/layer_rules.ts";
import { moduleGraph } from "../../tools/module_graph.ts";

const ROOT = resolve(import.meta.dirname!, "../..");

function edge(from: string, to: string, specifier: string): Edge {
  return { from, to, specifier };
}

Deno.test("layers: what the rule allows is not named", () => {
  assert.deepEqual(
    layerProblems([
      edge("models/mod.ts", "models/vit/block.ts", "./vit/block.ts"),
      edge("models/vit/block.ts", "core/mod.ts", "@videoms/core"),
      edge("tasks/cli.ts", "data/mod.ts", "@videoms/data"),
      edge("mod.ts", "tasks/mod.ts", "@videoms/tasks"),
      edge("tests/a_test.ts", "masking/strategy/tube.ts", "../masking/strategy/tube.ts"),
    ]),
    [],
  );
});

Deno.test("layers: every kind of forbidden import is named", () => {
  const forbidden = [
    edge("core/mod.ts", "models/mod.ts", "@videoms/models"), // upwards
    edge("masking/mod.ts", "models/mod.ts", "@videoms/models"), // a sibling
    edge("data/mod.ts", "tasks/mod.ts", "@videoms/tasks"),
    edge("tasks/mod.ts", "tests/backends.ts", "../tests/backends.ts"),
    edge("tasks/mod.ts", "tools/setup.ts", "../tools/setup.ts"),
    edge("core/mod.ts", "mod.ts", "../mod.ts"),
    edge("models/vit/block.ts", "core/mod.ts", "../../core/mod.ts"), // a path in place of a name
  ];
  for (const one of forbidden) assert.equal(layerProblems([one]).length, 1, one.from);
});

Deno.test("layers: modules that import each other in a ring are named", () => {
  const problems = layerProblems([
    edge("core/a.ts", "core/b.ts", "./b.ts"),
    edge("core/b.ts", "core/c.ts", "./c.ts"),
    edge("core/c.ts", "core/b.ts", "./b.ts"),
  ]);
  assert.deepEqual(problems, [
    "modules import in a ring: core/b.ts -> core/c.ts -> core/b.ts",
  ]);
});

Deno.test("layers: folders that import each other in a ring are named, at every depth", () => {
  const problems = layerProblems([
    edge("data/index/a.ts", "data/decode/b.ts", "../decode/b.ts"),
    edge("data/decode/c.ts", "data/index/d.ts", "../index/d.ts"),
    edge("tasks/runs/videos/a.ts", "tasks/runs/folder/b.ts", "../folder/b.ts"),
    edge("tasks/runs/folder/deep/c.ts", "tasks/runs/videos/d.ts", "../../videos/d.ts"),
    edge("bench/step/a.ts", "bench/ops/b.ts", "../ops/b.ts"),
    edge("bench/ops/c.ts", "bench/step/d.ts", "../step/d.ts"),
    edge("core/ops/a.ts", "core/text.ts", "../text.ts"), // no ring: a file beside the folders
    edge("core/text.ts", "core/ops/b.ts", "./ops/b.ts"),
  ]);
  assert.deepEqual(problems, [
    "folders import in a ring: data/index -> data/decode -> data/index",
    "folders import in a ring: tasks/runs/videos -> tasks/runs/folder -> tasks/runs/videos",
    "folders import in a ring: bench/step -> bench/ops -> bench/step",
  ]);
});

Deno.test("layers: a folder of tasks that imports one above it is named", () => {
  const upwards = [
    edge(
      "tasks/runs/probe/probe.ts",
      "tasks/commands/run_flags.ts",
      "../../commands/run_flags.ts",
    ),
    edge(
      "tasks/compare/report/sections.ts",
      "tasks/commands/run_flags.ts",
      "../../commands/run_flags.ts",
    ),
    edge(
      "tasks/definition/field.ts",
      "tasks/runs/folder/run_folder.ts",
      "../runs/folder/run_folder.ts",
    ),
  ];
  for (const one of upwards) assert.equal(layerProblems([one]).length, 1, one.from);
  const downwards = edge(
    "tasks/compare/report/sections.ts",
    "tasks/runs/videos/damaged_videos.ts",
    "../../runs/videos/damaged_videos.ts",
  );
  assert.deepEqual(layerProblems([downwards]), []);
});

Deno.test("layers: an import that is planted in a file is found in the graph", async () => {
  const root = await Deno.makeTempDir();
  try {
    for (const name of ["core", "tasks"]) await Deno.mkdir(`${root}/${name}`);
    await Deno.writeTextFile(`${root}/tasks/mod.ts`, "export type Run = string;\n");
    const planted = `import type { Run } from "../tasks/mod.ts";\nexport type Two = Run[];\n`;
    await Deno.writeTextFile(`${root}/core/mod.ts`, planted);
    const problems = layerProblems(await moduleGraph(root, ["core", "tasks"]));
    assert.deepEqual(problems, [
      "core/mod.ts imports tasks/mod.ts: core may import nothing outside itself",
    ]);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("browser: Deno's namespace in a module is an error there", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const planted = `${folder}/planted.ts`;
    await Deno.writeTextFile(planted, `export const text = await Deno.readTextFile("a");\n`);
    assert.match(await browserProblems(ROOT, [planted]), /Cannot find name 'Deno'/);
    await Deno.writeTextFile(planted, "export const gpu: GPU = navigator.gpu;\n");
    assert.equal(await browserProblems(ROOT, [planted]), "");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  assert.ok(BROWSER_PACKAGES.includes("core"));
});
