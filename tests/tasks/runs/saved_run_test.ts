import assert from "node:assert/strict";
import { defineFinetune, definePretrain } from "@videoms/tasks";
import { readSavedRun } from "../../../tasks/runs/checkpoint/saved_run.ts";
import { folder } from "../small_task.ts";

Deno.test("a run that is older than a field has what it did without it", async () => {
  const tasks = { pretrain: definePretrain({}), finetune: defineFinetune({}) };
  for (const [kind, task] of Object.entries(tasks)) {
    const older = structuredClone(task) as unknown as Record<string, Record<string, unknown>>;
    delete older.precision;
    delete older.model.headNormEpsilon;
    delete older.model.decoderFinalNormEpsilon;
    const path = `${folder}/older-${kind}`;
    await Deno.mkdir(path, { recursive: true });
    await Deno.writeTextFile(`${path}/task.json`, JSON.stringify({ task: older }));
    assert.deepEqual((await readSavedRun(path)).task, task);
  }
});
