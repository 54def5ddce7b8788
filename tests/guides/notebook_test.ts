import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { type Cell, NOTEBOOK, type Notebook, runNotebook } from "../../tools/notebook.ts";
import { missingNeeds } from "../../data/files/requirements.ts";

/** Largest size of the file on the web, outputs included, in bytes. */
const LARGEST = 300_000;

/** Kinds of what a cell shows: "display_data image/png". */
function shownBy({ outputs }: Cell): string[] {
  return outputs!.map(({ output_type, data }) =>
    [output_type, ...Object.keys(data ?? {}).sort()].join(" ")
  );
}

function codeOf({ cells }: Notebook): Cell[] {
  return cells.filter(({ cell_type }) => cell_type === "code");
}

Deno.test({
  name: "guides/notebook.ipynb: every cell works, and shows what is kept in it",
  ignore: Deno.build.os !== "linux" || missingNeeds("test").includes("jupyter"),
  fn: async () => {
    const text = await Deno.readTextFile(NOTEBOOK);
    assert.ok(text.length < LARGEST, `${text.length} bytes`);
    const kept = codeOf(JSON.parse(text));
    const notebook: Notebook = JSON.parse(text);
    const folder = await Deno.makeTempDir({ prefix: "videoms-notebook-" });
    try {
      const settings = notebook.cells.find(({ metadata }) =>
        metadata.tags?.includes("parameters")
      )!;
      settings.source = [
        `const folder = ${JSON.stringify(join(folder, "run"))};`,
        "const amount = { videos: 16, heldOut: 10 };",
        "const epochs = 1;",
        'const backend = "wasm";',
      ].map((line) => line + "\n");
      await runNotebook(notebook, dirname(NOTEBOOK));
      const shown = codeOf(notebook).map((cell) => [cell.id, shownBy(cell)] as const);
      assert.deepEqual(shown, kept.map((cell) => [cell.id, shownBy(cell)]));
      for (const [id, what] of shown) {
        const isPicture = ["look", "reconstruct", "evaluate", "predict"].includes(id);
        assert.equal(what.some((kinds) => kinds.includes("image/png")), isPicture, id);
      }
      assert.ok(shown.length >= 10);
      assert.match(JSON.stringify(codeOf(notebook).at(-1)!.outputs), /top-1/);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
