import assert from "node:assert/strict";
import { join } from "node:path";
import { annotations, shapes } from "@videoms/data";
import { tube } from "@videoms/masking";
import { defineAblation, type Output, type PretrainTask } from "@videoms/tasks";
import { ablate } from "../../tasks/compare/ablate/ablate.ts";
import { finetune } from "../../tasks/runs/finetune/finetune.ts";
import { pretrain } from "../../tasks/runs/pretrain/pretrain.ts";
import { recordingOutput } from "./recording_output.ts";
import { folder, registry, smallFinetune, smallTask } from "./small_task.ts";

const LASTING = { sanitizeOps: false, sanitizeResources: false };

const videos = `${folder}/shapes`;
const list = join(folder, "train.txt");

/** A run on a list of eight rendered videos, two steps an epoch. */
function listTask(out: string, epochs: number, train = list): PretrainTask {
  const options = { train, classCount: 10 };
  return smallTask(out, {
    epochs,
    checkpointEvery: 1,
    optimizer: { warmupEpochs: 0 },
    data: { dataset: annotations(options), heldOutClips: 2 },
  });
}

/** Renders the videos and lists them, with labels that follow their places. */
async function writeList(): Promise<void> {
  const rendering = { videos: 12, heldOut: 4, size: 32, frames: 16, dir: videos };
  const { train } = await shapes.create({ ...shapes.defaults, ...rendering }).prepare();
  const lines = train.slice(0, 8).map(({ path }, i) => `${path} ${i}\n`);
  await Deno.writeTextFile(list, lines.join(""));
}

/** What a run says to people while it is at work. */
async function saidBy(work: (output: Output) => Promise<unknown>): Promise<string> {
  const said: string[] = [];
  await work(recordingOutput((text) => said.push(text)));
  return said.join("\n");
}

/** The text files of a run, by which it is seen whether anything was written. */
const textsOf = (out: string) =>
  Promise.all(["task.json", "log.jsonl"].map((name) => Deno.readTextFile(join(folder, out, name))));

Deno.test({
  name:
    "a finished run says so, and can be made longer; its videos must stay, unless it is told otherwise",
  ...LASTING,
  fn: async () => {
    await writeList();
    const first = await pretrain(listTask("run", 1), registry);
    const before = await textsOf("run");
    let again = first;
    const said = await saidBy(async (output) => {
      again = await pretrain(listTask("run", 1), registry, { output });
    });
    assert.deepEqual(await textsOf("run"), before);
    assert.deepEqual(again, first);
    assert.match(said, /is finished: its 2 steps were done before, and nothing is computed/);

    const longer = listTask("run", 2);
    await assert.rejects(
      pretrain(longer, registry),
      /epochs was 1 and is now 2\. Add --extend to train it for longer/,
    );
    const lines = (await Deno.readTextFile(list)).split("\n");
    const relabelled = [lines[0].replace(/0$/, "3"), ...lines.slice(1)].join("\n");
    await Deno.writeTextFile(list, relabelled);
    const extend = { extend: true };
    await assert.rejects(
      pretrain(longer, registry, extend),
      /training list: 1 of 8 labels differ, first: .*\.mp4 \(video 1\): 0 -> 3\. .*--changed-data/,
    );
    assert.deepEqual(await textsOf("run"), before);
    const extended = await saidBy((output) =>
      pretrain(longer, registry, { ...extend, changedData: true, output })
    );
    assert.match(extended, /Resuming with changed videos: training list: 1 of 8 labels differ/);
    assert.match(extended, /Extending the run from 2 to 4 steps: from step 2 on the learning rate/);
    const record = JSON.parse((await textsOf("run"))[0]);
    assert.equal(record.task.epochs, 2);
    assert.deepEqual([record.extended[0].from, record.extended[0].to], [2, 4]);
    assert.match(record.dataChanges[0].changed[0], /labels differ/);
    await assert.rejects(
      pretrain(listTask("run", 1), registry, extend),
      /must become longer, got 2 steps in place of 4/,
    );
  },
});

Deno.test({
  name:
    "the same videos by another path are the same, and a run older than that is resumed with a note",
  ...LASTING,
  fn: async () => {
    await writeList();
    await pretrain(listTask("spelt", 1), registry);
    const link = join(folder, "link");
    await Deno.symlink(folder, link);
    const relative = (await Deno.readTextFile(list)).replaceAll(`${folder}/`, "./");
    await Deno.writeTextFile(join(folder, "other.txt"), relative);
    const before = await textsOf("spelt");
    for (const train of [`${folder}/./other.txt`, `${link}/other.txt`]) {
      const said = await saidBy((output) =>
        pretrain(listTask("spelt", 1, train), registry, { output })
      );
      assert.match(said, /is finished/);
    }
    assert.deepEqual(await textsOf("spelt"), before);

    const { data, ...older } = JSON.parse(before[0]);
    assert.equal(data.train.videos, 8);
    const file = join(folder, "spelt", "task.json");
    await Deno.writeTextFile(file, JSON.stringify(older));
    await Deno.remove(join(folder, "spelt", "videos.jsonl.gz"));
    const said = await saidBy((output) =>
      pretrain(listTask("spelt", 2), registry, { extend: true, output })
    );
    assert.match(said, /begun before VideoMS kept which videos a run has/);
    assert.deepEqual(JSON.parse(await Deno.readTextFile(file)).data, data);
  },
});

Deno.test({
  name: "a finished fine-tuning tells what it came to, and classes must stay as many",
  ...LASTING,
  fn: async () => {
    await writeList();
    const task = (classCount: number, epochs = 1) =>
      smallFinetune("classes", {
        epochs,
        optimizer: { warmupEpochs: 0 },
        data: { dataset: annotations({ train: list, classCount }) },
      });
    const first = await finetune(task(10), registry);
    const before = await textsOf("classes");
    let again = first;
    const said = await saidBy(async (output) => {
      again = await finetune(task(10), registry, { output });
    });
    assert.deepEqual(await textsOf("classes"), before);
    assert.deepEqual(again, first);
    assert.match(said, /is finished[^]*next: deno task evaluate /);
    await assert.rejects(finetune(task(11), registry), /classes: 10 -> 11 classes \(data\.dataset/);
    await assert.rejects(
      finetune(task(11, 2), registry, { extend: true, changedData: true }),
      /number of classes must stay, got 10 -> 11/,
    );
  },
});

Deno.test({
  name: "an ablation refuses to compare cells of other videos, before it trains any",
  ...LASTING,
  fn: async () => {
    await writeList();
    const grid = (ratios: readonly number[]) =>
      defineAblation({
        name: "changed",
        pretrain: { ...listTask("unused", 1), out: null },
        axes: {
          mask: Object.fromEntries(
            ratios.map((ratio) => [`${ratio}`, { "pretrain.masking": tube({ maskRatio: ratio }) }]),
          ),
        },
        seeds: [0],
        out: join(folder, "changed"),
      });
    const told: string[] = [];
    const output = recordingOutput((text) => told.push(text));
    await ablate(grid([0.75]), registry, { output });
    await Deno.writeTextFile(list, (await Deno.readTextFile(list)).split("\n").slice(1).join("\n"));
    await assert.rejects(
      ablate(grid([0.75, 0.5]), registry, { output }),
      /every cell must have the same videos, got others than those of mask=0\.75 seed=0 \(pretrain, training list: 1 video removed, first: .*--changed-data/,
    );
    const { cells } = await ablate(grid([0.75]), registry, { output, changedData: true });
    assert.equal(cells[0].result?.status, "done");
    assert.equal(told.filter((line) => /^cell \d of \d: [^,]*$/.test(line)).length, 1);
  },
});
