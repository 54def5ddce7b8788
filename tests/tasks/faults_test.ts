import assert from "node:assert/strict";
import { randomStream } from "@videoms/core";
import type { PretrainTask } from "@videoms/tasks";
import { pretrain } from "../../tasks/runs/pretrain/pretrain.ts";
import { fillDisk, SMALL_DISK } from "../small_disk.ts";
import { checkpointTensors, registry, smallTask } from "./small_task.ts";

/** Devices and ffmpeg's caches outlive a test. */
const LASTING = { sanitizeOps: false, sanitizeResources: false };

const whole = smallTask("never-hurt");

/** Weights of a run that nothing happened to. */
async function expected(): Promise<Map<string, Float32Array>> {
  await pretrain(whole, registry);
  return await checkpointTensors(whole, 9);
}

Deno.test({
  name: "a disk that is full costs no checkpoint: the run goes on when there is room [mount]",
  ignore: SMALL_DISK === null,
  ...LASTING,
  fn: async () => {
    const weights = await expected();
    const { size } = await Deno.stat(`${whole.out}/checkpoints/step-00000009.safetensors`);
    const task: PretrainTask = { ...whole, out: `${SMALL_DISK}/run` };
    await fillDisk(`${SMALL_DISK}/filler`, Math.round(1.6 * size));
    await assert.rejects(pretrain(task, registry), /the disk must have room[^]*No space left/);
    const left = [...Deno.readDirSync(`${task.out}/checkpoints`)].map(({ name }) => name);
    assert.ok(left.includes("step-00000003.json"), `${left}`);
    await Deno.remove(`${SMALL_DISK}/filler`);
    await pretrain(task, registry);
    assert.deepEqual(await checkpointTensors(task, 9), weights);
  },
});

Deno.test({
  name: "a newest checkpoint that was cut short, or of which a bit was flipped, is passed over",
  ...LASTING,
  fn: async () => {
    const weights = await expected();
    const newest = `${whole.out}/checkpoints/step-00000009.safetensors`;
    const { size } = await Deno.stat(newest);
    const random = randomStream(Math.floor(Math.random() * 2 ** 32), "damage");
    const damages: (() => Promise<void>)[] = [
      async () => await Deno.truncate(newest, random.integer(size)),
      async () => {
        const bytes = await Deno.readFile(newest);
        bytes[random.integer(size)] ^= 1 << random.integer(8);
        await Deno.writeFile(newest, bytes);
      },
    ];
    for (const damage of damages) {
      await damage();
      await pretrain(whole, registry);
      assert.deepEqual(await checkpointTensors(whole, 9), weights);
    }
  },
});
