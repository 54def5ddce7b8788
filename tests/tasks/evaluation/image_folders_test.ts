import { annotations, indexVideos, prepareVideos, videoAt, videosAt } from "@videoms/data";
import type { FeatureRow } from "@videoms/models";
import { floatValues, readSafetensors } from "@videoms/core";
import { defineProbe, readLog } from "@videoms/tasks";
import { tube } from "@videoms/masking";
import { runCommandLine } from "../../../tasks/commands/line/run_command_line.ts";
import assert from "node:assert/strict";
import { extract } from "../../../tasks/evaluation/extract/extract.ts";
import { command as extractCommand } from "../../../tasks/commands/extract_command.ts";
import { command as lookCommand } from "../../../tasks/commands/look_command.ts";
import { lookAtClip } from "../../../tasks/evaluation/look/look_at_clip.ts";
import { patchSource } from "../../../tasks/evaluation/look/look_source.ts";
import { pretrain } from "../../../tasks/runs/pretrain/pretrain.ts";
import { probe } from "../../../tasks/runs/probe/probe.ts";
import { ffmpeg } from "../../data/test_videos.ts";
import { recordingOutput } from "../recording_output.ts";
import { folder, registry, smallTask } from "../small_task.ts";

/** Devices and ffmpeg's caches outlive a test. */
const LASTING = { sanitizeOps: false, sanitizeResources: false };

const task = smallTask("frames-pretrain", { steps: 1, epochs: 1 });
await pretrain(task, registry);
const { train: videos } = await prepareVideos(task, registry);

/** Each video without a loss, and a folder of its images beside it; lists of both, one as TSN writes it. */
const place = `${folder}/frames`;
const lists = await (async () => {
  const lines: Record<"videos" | "folders" | "tsn", string[]> = {
    videos: [],
    folders: [],
    tsn: [],
  };
  await Deno.mkdir(place);
  for (const [i, { record, label }] of videos.slice(0, 4).entries()) {
    const [video, images] = [`${place}/${i}.avi`, `${place}/${i}`];
    await Deno.mkdir(images);
    const lossless = ["-c:v", "ffv1", "-pix_fmt", "bgr0", `file:${video}`];
    await ffmpeg("-i", `file:${record.path}`, ...lossless);
    await ffmpeg("-i", `file:${video}`, "-start_number", "1", `${images}/img_%05d.png`);
    lines.videos.push(`${i}.avi ${label}`);
    lines.folders.push(`${i}/ ${label}`);
    lines.tsn.push(`${i} ${record.frames} ${label}`);
  }
  const written: Record<string, string> = {};
  for (const [name, list] of Object.entries(lines)) {
    written[name] = `${place}/${name}.txt`;
    await Deno.writeTextFile(written[name], list.join("\n") + "\n");
  }
  return written;
})();

const TSN = { columns: "path frames label", images: "img_%05d.png", imageFps: 16 };

async function features(out: string, ...flags: string[]): Promise<Float32Array> {
  const output = recordingOutput();
  const program = { name: "deno task", summary: "", commands: { extract: extractCommand } };
  const args = ["extract", task.out!, "--backend", "wasm", "--out", `${place}/${out}`, ...flags];
  const signal = new AbortController().signal;
  const code = await runCommandLine(program, args, { output, debug: false, signal });
  assert.equal(code, 0, output.all.join(""));
  const file = await Deno.readFile(`${place}/${out}/shard-00000.safetensors`);
  return floatValues(readSafetensors(file, out).tensors.get("features")!);
}

Deno.test({
  name:
    "extract: folders of images give the features of their videos, by any list and at a target rate",
  ...LASTING,
  fn: async () => {
    const wanted = await features("of-videos", "--annotations", lists.videos);
    assert.equal(wanted.length, 4 * 24);
    assert.deepEqual(await features("of-folders", "--annotations", lists.folders), wanted);
    const form = ["--columns", TSN.columns, "--images", TSN.images, "--image-fps", "16"];
    assert.deepEqual(await features("of-tsn", "--annotations", lists.tsn, ...form), wanted);

    // At a target rate images need a rate, or become rows of the index that say so.
    const rated = smallTask("frames-rated", {
      ...{ steps: 1, epochs: 1, data: { fps: 8 } },
    });
    await pretrain(rated, registry);
    const at = (out: string, list: string, more: object = {}) =>
      extract(registry, {
        ...{ from: rated.out!, out: `${place}/${out}`, backend: "wasm" },
        dataset: annotations({ train: list, ...more }),
      });
    const valuesOf = async (out: string) => {
      const file = await Deno.readFile(`${place}/${out}/shard-00000.safetensors`);
      return floatValues(readSafetensors(file, out).tensors.get("features")!);
    };
    await at("rated-videos", lists.videos);
    const { rows } = await at("rated-folders", lists.tsn, TSN);
    assert.equal(rows.filter((row): row is FeatureRow => "shard" in row).length, 4);
    assert.deepEqual(await valuesOf("rated-folders"), await valuesOf("rated-videos"));
    const unknown = await at("unrated", lists.folders);
    assert.ok(
      unknown.rows.every((row) => "error" in row && /\(imageFps of the lists\)/.test(row.error)),
    );
  },
});

Deno.test({
  name: "look: a folder of images is seen as its video, alone and in lists",
  ...LASTING,
  fn: async () => {
    await using source = await patchSource(task, { backend: "wasm" });
    const strategies = [tube({ maskRatio: 0.5 })];
    const pixels = async (video: Parameters<typeof lookAtClip>[0]) =>
      (await lookAtClip(video, { source, registry, strategies, epochs: 1 })).candidatePixels;
    const wanted = await pixels(await videoAt(`${place}/1.avi`));
    assert.deepEqual(await pixels(await videoAt(`${place}/1`)), wanted);
    for (const [list, form] of [[lists.folders, {}], [lists.tsn, TSN]] as const) {
      const { videos, isList } = await videosAt(list, 2, form);
      assert.deepEqual([isList, videos.length], [true, 2]);
      assert.deepEqual(await pixels(videos[1]), wanted);
    }
    await Deno.writeTextFile(`${place}/long.txt`, "0 99 3\n");
    await assert.rejects(
      videosAt(`${place}/long.txt`, 1, TSN),
      /its list names 99 frames from frame 0 on, it has 16/,
    );

    const output = recordingOutput();
    const program = { name: "deno task", summary: "", commands: { look: lookCommand } };
    const set = [
      "model.imageSize=32",
      "model.patchSize=8",
      "model.frames=8",
      "data.samplingRate=1",
    ];
    const code = await runCommandLine(program, [
      ...["look", lists.tsn, "--limit", "1", "--epochs", "1", "--masking", "tube"],
      ...["--columns", TSN.columns, "--images", TSN.images, "--out", `${place}/looks`],
      ...["--backend", "wasm", ...set.flatMap((one) => ["--set", one])],
    ], { output, debug: false, signal: new AbortController().signal });
    assert.equal(code, 0, output.all.join(""));
    const written = [...Deno.readDirSync(`${place}/looks`)].map(({ name }) => name);
    assert.ok(written.some((name) => name.endsWith(".png")), written.join());
  },
});

Deno.test({
  name: "probe: heads trained on folders of images are those of their videos",
  ...LASTING,
  fn: async () => {
    const run = async (out: string, list: string, more: object = {}) => {
      const small = defineProbe({
        name: out,
        encoder: { from: task.out! },
        heads: { rates: [1], decays: [0.1] },
        data: {
          dataset: annotations({ train: list, classCount: 10, ...more }),
          samplingRate: 1,
        },
        evaluation: { every: 1, segments: 1, crops: 1 },
        ...{ epochs: 1, batch: 2, checkpointEvery: 1, logEvery: 1, backend: "wasm" },
        out: `${folder}/${out}`,
      });
      await probe(small, registry);
      return (await readLog(`${small.out}/log.jsonl`)).filter(({ event }) => event === "evaluation")
        .map(({ metrics }) => metrics);
    };
    const wanted = await run("probe-videos", lists.videos);
    assert.equal(wanted.length, 1);
    assert.deepEqual(await run("probe-folders", lists.folders), wanted);
    assert.deepEqual(await run("probe-tsn", lists.tsn, TSN), wanted);
  },
});

Deno.test("images that are unknown by rate are still videos of frames", async () => {
  const [entry] = await indexVideos([`${place}/0`]);
  assert.ok("record" in entry && entry.record.frames === 16 && entry.record.fps === 0);
  assert.equal((await videoAt(`${place}/0`, 12)).record.fps, 12);
});
