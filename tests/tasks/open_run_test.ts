import assert from "node:assert/strict";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { activeKernels, openDevice, referenceKernels } from "@videoms/core";
import { annotations, indexVideos, shapes } from "@videoms/data";
import { defineProbe, type PretrainTask } from "@videoms/tasks";
import { lockFolder } from "@videoms/data/files";
import { indexCache } from "../../data/cache/cache_files.ts";
import { finetune } from "../../tasks/runs/finetune/finetune.ts";
import { pretrain } from "../../tasks/runs/pretrain/pretrain.ts";
import { probe } from "../../tasks/runs/probe/probe.ts";
import { damage } from "../data/fault_files.ts";
import { recordingOutput } from "./recording_output.ts";
import { folder, registry, smallFinetune, smallTask } from "./small_task.ts";

/** Devices and ffmpeg's caches outlive a test. */
const LASTING = { sanitizeOps: false, sanitizeResources: false };

/** Two steps of two clips, saved once; on videos that are listed. */
const list = join(folder, "train.txt");
const listed = annotations({ train: list, classCount: 10 });

function listTask(out: string, options: Parameters<typeof smallTask>[1] = {}): PretrainTask {
  const data = { dataset: listed, heldOutClips: 2, ...options.data };
  return smallTask(out, { steps: 2, batch: 2, epochs: 1, ...options, data });
}

const rendering = { videos: 12, heldOut: 4, size: 32, frames: 16, dir: `${folder}/shapes` };
const { train } = await shapes.create({ ...shapes.defaults, ...rendering }).prepare();
const lines = train.slice(0, 4).map(({ path }, i) => `${path} ${i}\n`);
await Deno.writeTextFile(list, lines.join(""));

/** A run that is done, which others start from. */
const done = listTask("done");
await pretrain(done, registry);

/** A copy of the run that is done, to be broken. */
async function copyOfDone(name: string): Promise<string> {
  const out = `${folder}/${name}`;
  await Deno.mkdir(`${out}/checkpoints`, { recursive: true });
  const checkpoints = [...Deno.readDirSync(`${done.out}/checkpoints`)]
    .map(({ name }) => `checkpoints/${name}`);
  for (const file of ["task.json", "log.jsonl", "videos.jsonl.gz", ...checkpoints]) {
    await Deno.copyFile(`${done.out}/${file}`, `${out}/${file}`);
  }
  return out;
}

/** A program that prints the paths of another process's open files; only one with all permissions may. */
const OPEN_FILES = `for (const { name } of Deno.readDirSync("/proc/${Deno.pid}/fd")) {
  try {
    console.log(Deno.readLinkSync("/proc/${Deno.pid}/fd/" + name));
  } catch {
    // closed by now
  }
}`;

/** Files of runs that are open; threads that are about to end have others. */
function openFiles(): string[] {
  if (Deno.build.os !== "linux") return [];
  const command = new Deno.Command(Deno.execPath(), { args: ["eval", OPEN_FILES] });
  const paths = new TextDecoder().decode(command.outputSync().stdout).split("\n");
  assert.ok(paths.length > 1);
  return paths.filter((path) => path.startsWith(folder));
}

/** What is open: tensors, files, and whether a device is. */
function whatIsOpen() {
  const backend = tf.getBackend();
  const kernels = activeKernels() === referenceKernels ? "plain" : "own";
  return { tensors: tf.memory().numTensors, files: openFiles(), backend, kernels };
}

/** A stage of opening a run that fails: the run folder, what is tried, and what it says. */
type Failure = [out: string, attempt: () => Promise<unknown>, says: RegExp];

/** Makes each stage fail in turn, in the order of the stages. */
const STAGES: Record<string, () => Promise<Failure> | Failure> = {
  "what it starts from is not there"() {
    const task = listTask("no-start", { start: { from: `${folder}/absent` } });
    return [task.out!, () => pretrain(task, registry), /absent/];
  },
  async "the folder is another run's"() {
    const out = await copyOfDone("other-task");
    const task = listTask("other-task", { seed: 7 });
    return [out, () => pretrain(task, registry), /seed was 0 and is now 7/];
  },
  "there is no ffmpeg"() {
    const task = listTask("no-ffmpeg");
    const attempt = async () => {
      Deno.env.set("FFMPEG", `${folder}/no-ffmpeg-here`);
      await pretrain(task, registry).finally(() => Deno.env.delete("FFMPEG"));
    };
    return [task.out!, attempt, /ffmpeg/];
  },
  "the device cannot be opened"() {
    const task = listTask("no-device");
    const attempt = async () => {
      await using _ = await openDevice({ backend: "wasm", threads: 1 });
      await pretrain(task, registry);
    };
    return [task.out!, attempt, /options of the open device/];
  },
  "there are no videos"() {
    const dataset = annotations({ train: `${folder}/absent.txt` });
    const task = listTask("no-videos", { data: { dataset } });
    return [task.out!, () => pretrain(task, registry), /absent\.txt/];
  },
  "the schedule does not fit"() {
    const task = listTask("no-schedule", { steps: null, optimizer: { warmupSteps: 99 } });
    return [task.out!, () => pretrain(task, registry), /warm-up must not be longer/];
  },
  async "the videos are others"() {
    const out = await copyOfDone("other-videos");
    const other = `${folder}/other.txt`;
    await Deno.writeTextFile(other, lines.toReversed().join(""));
    const dataset = annotations({ train: other, classCount: 10 });
    const task = listTask("other-videos", { data: { dataset } });
    return [out, () => pretrain(task, registry), /its videos must be the same/];
  },
  async "the run would become shorter"() {
    const out = await copyOfDone("shorter");
    const task = listTask("shorter", { steps: 1 });
    return [out, () => pretrain(task, registry, { extend: true }), /it must become longer/];
  },
  async "a held-out clip cannot be decoded"() {
    const path = `${folder}/damaged.mp4`;
    await Deno.copyFile(train[5].path, path);
    await indexVideos([path], indexCache(assert.fail));
    const { mtime } = await Deno.stat(path);
    await damage(path, 0, 1e9);
    await Deno.utime(path, mtime!, mtime!);
    const heldOut = `${folder}/damaged.txt`;
    await Deno.writeTextFile(heldOut, `${path} 0\n`);
    const dataset = annotations({ train: list, heldOut, classCount: 10 });
    const task = listTask("damaged", { data: { dataset, maxReplaced: 0 } });
    return [task.out!, () => pretrain(task, registry), /damaged\.mp4/];
  },
  "heads do not fit the encoder that was opened"() {
    const out = `${folder}/heads`;
    const task = defineProbe({
      ...{ out, backend: "wasm", batch: 2, steps: 2, epochs: 1 },
      encoder: { from: done.out! },
      heads: { attentiveHeads: 5 },
      data: { dataset: listed, samplingRate: 1 },
    });
    return [out, () => probe(task, registry), /divide the encoder's width/];
  },
  async "the list of its videos cannot be written"() {
    const out = `${folder}/no-list`;
    await Deno.mkdir(`${out}/videos.jsonl.gz`, { recursive: true });
    await Deno.copyFile(`${done.out}/task.json`, `${out}/task.json`);
    return [out, () => pretrain(listTask("no-list"), registry), /videos\.jsonl\.gz/];
  },
  "its weights are those of another network"() {
    const start = { from: done.out! };
    const task = smallFinetune("other-weights", {
      ...{ start, steps: 2, epochs: 1, batch: 2, model: { width: 32 } },
      data: { dataset: listed },
    });
    return [task.out!, () => finetune(task, registry), /model\.width/];
  },
  async "its only checkpoint is damaged"() {
    const out = await copyOfDone("damaged-weights");
    await Deno.truncate(`${out}/checkpoints/step-00000002.safetensors`, 99);
    const task = listTask("damaged-weights");
    return [out, () => pretrain(task, registry), /a checkpoint must be whole/];
  },
  async "its checkpoint holds other tensors"() {
    const other = listTask("wide", { model: { width: 32 } });
    await pretrain(other, registry);
    const out = await copyOfDone("other-tensors");
    for (const { name } of Deno.readDirSync(`${other.out}/checkpoints`)) {
      await Deno.copyFile(`${other.out}/checkpoints/${name}`, `${out}/checkpoints/${name}`);
    }
    await Deno.remove(`${out}/log.jsonl`); // so that it is not finished
    return [out, () => pretrain(listTask("other-tensors"), registry), /shape|must/];
  },
  async "its log cannot be opened"() {
    const out = await copyOfDone("no-log");
    await Deno.remove(`${out}/log.jsonl`);
    await Deno.mkdir(`${out}/log.jsonl`);
    return [out, () => pretrain(listTask("no-log"), registry), /log\.jsonl|directory/i];
  },
};

Deno.test({
  name: "a run that cannot be opened leaves nothing open, whichever stage fails",
  ...LASTING,
  async fn(t) {
    for (const [name, prepare] of Object.entries(STAGES)) {
      await t.step({
        name,
        ...LASTING,
        async fn() {
          const [out, attempt, says] = await prepare();
          const before = whatIsOpen();
          await assert.rejects(attempt(), says);
          assert.deepEqual(whatIsOpen(), before);
          await Deno.mkdir(out, { recursive: true });
          (await lockFolder(out, "run in"))[Symbol.dispose](); // nobody has it
        },
      });
    }
  },
});

Deno.test({
  name: "whether the folder is free and of the same task is known before anything slow is done",
  ...LASTING,
  async fn() {
    const out = await copyOfDone("in-use");
    const dataset = shapes({ ...rendering, dir: `${folder}/never-rendered` });
    const output = recordingOutput();
    const task = listTask("in-use", { data: { dataset } });
    {
      using _ = await lockFolder(out, "run in");
      await assert.rejects(
        pretrain(task, registry, { output }),
        /only one process may write to it/,
      );
    }
    const other = { ...task, seed: 3 };
    await assert.rejects(pretrain(other, registry, { output }), /its task must be the same/);
    assert.deepEqual(output.all, []); // not even the device was opened
    assert.throws(() => Deno.statSync(`${folder}/never-rendered`), Deno.errors.NotFound);
  },
});

Deno.test({
  name: "a fresh start that fails keeps the run that it would have given up",
  ...LASTING,
  async fn() {
    const out = await copyOfDone("kept");
    const dataset = annotations({ train: `${folder}/absent.txt` });
    const task = listTask("kept", { data: { dataset } });
    await assert.rejects(pretrain(task, registry, { fresh: true }), /absent\.txt/);
    await Deno.stat(`${out}/checkpoints/step-00000002.safetensors`);
    assert.equal((await pretrain(listTask("kept"), registry)).steps, 2);
  },
});
