import assert from "node:assert/strict";
import { join } from "node:path";
import { PLUGIN_KINDS } from "@videoms/core";
import { loadRegistry } from "@videoms/tasks";
import { runCommandLine } from "../../../tasks/commands/line/run_command_line.ts";
import { shippedPlugins } from "../../../tasks/definition/plugins.ts";
import type { PluginFacts } from "../../../tasks/commands/plugins_command.ts";
import { command } from "../../../tasks/commands/plugins_command.ts";
import { recordingOutput } from "../recording_output.ts";

/** Runs the command; gives its exit code and what it printed. */
async function plugins(...args: string[]): Promise<{ code: number; out: string; errors: string }> {
  const output = recordingOutput();
  const program = { name: "videoms", summary: "", commands: { plugins: command } };
  const host = { output, debug: false, signal: new AbortController().signal };
  const code = await runCommandLine(program, ["plugins", ...args], host);
  return { code, out: output.out.join(""), errors: output.errors.join("") };
}

Deno.test("plugins: every plugin is listed, with every option, its default and its help", async () => {
  const { code, out } = await plugins();
  assert.equal(code, 0);
  const listed: PluginFacts[] = JSON.parse((await plugins("--json")).out);
  assert.equal(listed.length, shippedPlugins().length);
  for (const plugin of shippedPlugins()) {
    const facts = listed.find(({ kind, name }) => kind === plugin.kind && name === plugin.name);
    assert.equal(facts?.summary, plugin.summary);
    assert.ok(out.includes(`  ${plugin.name}: ${plugin.summary}`), plugin.name);
    const defaults = facts.options.map((option) => [option.name, option.default]);
    assert.deepEqual(Object.fromEntries(defaults), plugin.defaults);
    for (const { name, help, choices } of facts.options) {
      assert.ok(help.length > 0, `${plugin.name}.${name}`);
      assert.deepEqual(choices, plugin.choices?.[name] ?? null);
    }
  }
  for (const kind of PLUGIN_KINDS) assert.match(out, new RegExp(`^${kind} \\(`, "m"));
});

Deno.test("plugins: one kind, those of a module too; a kind that does not exist names the nearest", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const module = join(folder, "mine.ts");
    const core = import.meta.resolve("@videoms/core");
    await Deno.writeTextFile(
      module,
      `import { definePlugin } from ${JSON.stringify(core)};
       export const mine = definePlugin({
         kind: "frames", name: "mine", summary: "frames of mine", defaults: { way: "up" },
         choices: { way: ["up", "down"] }, help: { way: "where to" }, create: () => null,
       });`,
    );
    const { out } = await plugins("frames", "--plugin", module);
    assert.match(out, /^frames \(/);
    assert.match(
      out,
      / mine: frames of mine\n +way +where to \(one of "up", "down"; default "up"\)/,
    );
    const inRegistry = (await loadRegistry()).list("frames");
    assert.equal(out.match(/^ {2}\S/gm)?.length, inRegistry.length + 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  const wrong = await plugins("framse");
  assert.equal(wrong.code, 2);
  assert.match(wrong.errors, /no kind "framse"; did you mean "frames"/);
});
