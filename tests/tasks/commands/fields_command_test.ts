import assert from "node:assert/strict";
import { defineFinetune, definePretrain, defineProbe } from "@videoms/tasks";
import { flagTitle } from "@videoms/data/console";
import { runCommandLine } from "../../../tasks/commands/line/run_command_line.ts";
import { TASK_FIELDS } from "../../../tasks/definition/task_kinds.ts";
import { valueAt } from "@videoms/core/plain";
import { annotations } from "@videoms/data";
import type { FieldFacts } from "../../../tasks/commands/fields_command.ts";
import { command } from "../../../tasks/commands/fields_command.ts";
import { FINETUNE_FLAGS, PRETRAIN_FLAGS, PROBE_FLAGS } from "../../../tasks/commands/run_flags.ts";
import { recordingOutput } from "../recording_output.ts";

/** Runs the command; gives its exit code and what it printed. */
async function fields(...args: string[]): Promise<{ code: number; out: string; errors: string }> {
  const output = recordingOutput();
  const program = { name: "videoms", summary: "", commands: { fields: command } };
  const host = { output, debug: false, signal: new AbortController().signal };
  const code = await runCommandLine(program, ["fields", ...args], host);
  return { code, out: output.out.join(""), errors: output.errors.join("") };
}

const TASKS = { pretrain: definePretrain(), finetune: defineFinetune(), probe: defineProbe() };

Deno.test("fields: every field of every kind is listed, with its default, its rule and its help", async () => {
  const { code, out } = await fields();
  assert.equal(code, 0);
  const listed: Record<string, FieldFacts[]> = JSON.parse((await fields("--json")).out);
  assert.deepEqual(Object.keys(listed), ["pretrain", "finetune", "probe", "ablate"]);
  for (const kind of ["pretrain", "finetune", "probe"] as const) {
    const paths = Object.keys(TASK_FIELDS[kind]).filter((path) => path !== "kind");
    assert.deepEqual(listed[kind].map(({ path }) => path), paths);
    for (const field of listed[kind]) {
      assert.deepEqual(field.default, valueAt(TASKS[kind], field.path), field.path);
      assert.ok(field.help.length > 3 && !/[*\n]|\.$/.test(field.help), field.help);
      assert.ok(field.rule.length > 0, field.path);
    }
  }
  const unwrapped = out.replace(/\n {6,}/g, " ");
  assert.match(unwrapped, /^ {2}optimizer\.lr +.*\(a number above 0, default 0\.001\)$/m);
  assert.match(unwrapped, /^ {2}seed +.*default 0; --seed\)$/m);
  assert.match(unwrapped, /^ {2}axes +.*default \{\}\)$/m);
});

Deno.test("fields: one kind; one that does not exist names the nearest", async () => {
  const { out } = await fields("probe");
  assert.match(out, /^probe\n/);
  assert.match(out, /heads\.rates/);
  assert.doesNotMatch(out, /decoderDepth/);
  const wrong = await fields("prob");
  assert.equal(wrong.code, 2);
  assert.match(wrong.errors, /no kind "prob"; did you mean "probe"/);
});

Deno.test("fields: every flag that sets a field sets one that there is, and is named there", async () => {
  const flags = { pretrain: PRETRAIN_FLAGS, finetune: FINETUNE_FLAGS, probe: PROBE_FLAGS };
  const listed: Record<string, FieldFacts[]> = JSON.parse((await fields("--json")).out);
  const named = (kind: string) => listed[kind].map(({ path, flag }) => `${path} ${flag}`);
  for (const kind of ["pretrain", "finetune", "probe"] as const) {
    for (const [flag, spec] of Object.entries(flags[kind])) {
      if (!("sets" in spec) || spec.sets === undefined) continue;
      const title = flagTitle(flag);
      const [, option] = /^data\.dataset\.(.+)$/.exec(spec.sets) ?? [];
      if (option !== undefined) assert.ok(Object.hasOwn(annotations.defaults, option), option);
      else assert.ok(named(kind).includes(`${spec.sets} ${title}`), `${kind} ${title}`);
    }
  }
});
