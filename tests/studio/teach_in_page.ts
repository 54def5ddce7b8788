/** Teaching in the page of `studio`, as a part of its test. */

import type { ScoreSummary } from "@videoms/models";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { initialParameters, memoryBytes, storedTensor, writeSafetensors } from "@videoms/core";
import { toPyTorch, videoClassifierSpecs } from "@videoms/models";
import type { Page } from "playwright-core";
import { readZipDirectory, readZipEntry } from "../../core/checkpoint/pytorch/zip_directory.ts";
import { SHAPE_CLASSES } from "../../data/shapes/motion.ts";
import { renderShapes } from "../../data/shapes/render_shapes.ts";
import { loadTask } from "../../tasks/definition/load_task.ts";
import { definePretrain, evaluate, type FinetuneTask } from "@videoms/tasks";
import type { TeachSettings } from "../../studio/mod.ts";
import { checkFinetuneTask } from "../../tasks/runs/classifier/finetune_plugins.ts";
import { teachSettings } from "../../tasks/evaluation/studio/teach_settings.ts";
import { runFfmpeg } from "../../data/process/run_ffmpeg.ts";
import { registry } from "../tasks/small_task.ts";

const CLASSES = ["left", "right"] as const;
const [CLIPS, FRAMES, SIZE] = [12, 16, 32];

/** A network of a page that takes seconds on two cores. */
export function smallTeachSettings(): TeachSettings {
  const model = {
    ...{ width: 48, depth: 2, heads: 2, decoderWidth: 24, decoderDepth: 1, decoderHeads: 2 },
    ...{ imageSize: SIZE, patchSize: 4, frames: 8, tubeletSize: 2 },
  };
  return teachSettings(definePretrain({ model }));
}

/** Renders clips of shapes that move to the left, then to the right; gives their paths by class. */
async function renderClips(folder: string): Promise<string[][]> {
  const ends = Array.from({ length: CLASSES.length * CLIPS }, (_, i) => FRAMES * (i + 1));
  const { code, complaint } = await runFfmpeg("ffmpeg", [
    ...["-nostdin", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", `${SIZE}x${SIZE}`],
    ...["-r", "16", "-i", "pipe:0", "-c:v", "libx264", "-preset", "ultrafast", "-qp", "12"],
    ...["-pix_fmt", "yuv420p", "-force_key_frames", `expr:eq(mod(n,${FRAMES}),0)`],
    ...["-f", "segment", "-segment_frames", ends.join(","), "-reset_timestamps", "1", "%d.mp4"],
  ], {
    cwd: folder,
    timeoutMs: 60_000,
    async writeInput(input) {
      for (const name of CLASSES) {
        for (let i = 0; i < CLIPS; i++) {
          const index = SHAPE_CLASSES.indexOf(name) + SHAPE_CLASSES.length * i;
          const video = { size: SIZE, frames: FRAMES, seed: 1, split: "teach", index };
          await input.write(renderShapes(video));
        }
      }
    },
  });
  assert.equal(code, 0, complaint);
  return CLASSES.map((_, label) =>
    Array.from({ length: CLIPS }, (_, i) => join(folder, `${label * CLIPS + i}.mp4`))
  );
}

/** Waits until a stop, and gives what the page says of held-out clips. */
async function trained(page: Page): Promise<string> {
  await page.click("button.primary:has-text('Train'), button.primary:has-text('Go on')");
  await page.waitForSelector("button:has-text('Start over'):enabled");
  return (await page.locator(".accuracy .hint").textContent())!;
}

async function download(page: Page, button: string): Promise<Uint8Array<ArrayBuffer>> {
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.click(`button:has-text("${button}")`),
  ]);
  return await Deno.readFile(await file.path());
}

/** Writes the archive of a page into a folder; gives the names of its files. */
async function unpack(folder: string, bytes: Uint8Array<ArrayBuffer>): Promise<string[]> {
  const source = memoryBytes(bytes, "taught.zip");
  const entries = await readZipDirectory(source);
  await Deno.mkdir(join(folder, "taught", "clips"), { recursive: true });
  for (const entry of entries.values()) {
    await Deno.writeFile(join(folder, entry.name), await readZipEntry(source, entry));
  }
  return [...entries.keys()];
}

/** Weights of a classifier of another width, as a run saves them. */
async function otherWeights(): Promise<Uint8Array> {
  const { geometry } = smallTeachSettings().model;
  const specs = videoClassifierSpecs({
    ...{ geometry, classes: 2 },
    encoder: { width: 24, depth: 2, heads: 2 },
  });
  const tensors = toPyTorch(specs, initialParameters(specs, 0), geometry, "classifier");
  const stored = [...tensors].map(([name, { shape, values }]) =>
    [name, storedTensor(values, shape)] as const
  );
  const metadata = { task: JSON.stringify({ kind: "finetune" }), classes: '["a", "b"]' };
  return await new Blob(writeSafetensors(new Map(stored), metadata) as BlobPart[]).bytes();
}

/** What the page refuses, each with a sentence. */
async function refusals(page: Page, clips: readonly string[]): Promise<void> {
  const told = (text: string) => page.waitForSelector(`.problem:has-text('${text}')`);
  const buffer = Buffer.from("no video");
  await page.setInputFiles("#files-0", { name: "no.mp4", mimeType: "video/mp4", buffer });
  await told("Cannot read no.mp4: it must be a video");
  await page.setInputFiles("#files-0", clips);
  await page.waitForSelector(`ul[aria-label="Clips of left"] li:nth-child(${CLIPS})`);
  await page.click("button:text-is('Train')");
  await told(
    'each class must have two clips or more, some held out and some not, got 0 in "right"',
  );
  await page.setInputFiles("#weights", {
    name: "wide.safetensors",
    mimeType: "application/octet-stream",
    buffer: Buffer.from(await otherWeights()),
  });
  await told("Cannot load weights: shapes must be those of the classifier");
}

/**
 * Teaches two classes in the page, which shows that view, and takes what it learned to the command line and back.
 *
 * @param folder for files
 */
export async function teachInPage(page: Page, folder: string): Promise<void> {
  await Deno.mkdir(folder);
  const [left, right] = await renderClips(folder);
  await page.fill("#name-0", "left");
  await page.fill("#name-1", "right");
  await refusals(page, left);
  await page.setInputFiles("#files-1", right);
  await page.waitForSelector(`ul[aria-label="Clips of right"] li:nth-child(${CLIPS})`);
  await page.fill("#steps-pretrain", "5");
  await page.fill("#steps-finetune", "80");
  const said = await trained(page);
  const [, right_, all] = /^(\d+) of (\d+) held-out clips are right/.exec(said)!.map(Number);
  assert.equal(all, 6);
  assert.ok(right_ / all >= 0.9, said);
  await page.waitForSelector("svg[aria-label*='fine-tuning'][aria-label*='after step 80']");

  const names = await unpack(folder, await download(page, "Download everything"));
  assert.equal(names.filter((name) => name.includes("/clips/")).length, 2 * CLIPS);
  const task: FinetuneTask = await loadTask(join(folder, "taught", "finetune.ts"), "finetune");
  checkFinetuneTask(task, registry);
  assert.deepEqual(task.data.dataset.options.classes, CLASSES);
  const file = join(folder, "taught", "finetune.safetensors");
  const { summary } = await evaluate(file, registry, {
    annotations: join(folder, "taught", "held-out.txt"),
    backend: "wasm",
  });
  assert.equal(summary!.videos, all);
  assert.equal(Math.round((summary as ScoreSummary).top1 * all), right_);

  await page.click("button:has-text('Start over')");
  await page.setInputFiles("#weights", file);
  await page.waitForSelector(
    "p:has-text('goes on from finetune.safetensors, a fine-tuning of 80')",
  );
  assert.equal(await trained(page), said);
}
