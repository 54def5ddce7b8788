import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { createRegistry, type Descriptor, pluginsOf, type Registry } from "@videoms/core";
import * as data from "@videoms/data";
import * as masking from "@videoms/masking";
import * as models from "@videoms/models";
import { definePretrain, predict } from "@videoms/tasks";
import { serveSite, type SiteFiles, studioSite } from "../../studio/mod.ts";
import { checkStartWeights } from "../../studio/page/teach/start_weights.ts";
import type { Looked, LookRequest } from "../../studio/page/studio/look_messages.ts";
import type { StudioSettings } from "../../studio/page/studio/studio_settings.ts";
import { lookAtClip } from "../../tasks/evaluation/look/look_at_clip.ts";
import {
  checkpointSource,
  type LookSource,
  patchSource,
} from "../../tasks/evaluation/look/look_source.ts";
import { studioContent } from "../../tasks/evaluation/studio/studio_content.ts";
import { openClassifier } from "../../tasks/runs/classifier/trained_classifier.ts";
import { finetune } from "../../tasks/runs/finetune/finetune.ts";
import { pretrain } from "../../tasks/runs/pretrain/pretrain.ts";
import { renderVideos } from "../data/test_videos.ts";
import { folder, smallFinetune, smallTask } from "../tasks/small_task.ts";
import {
  assertReadable,
  CHROMIUM,
  fitsAll,
  openBrowser,
  openPage,
  tabTo,
  violations,
} from "./browser_page.ts";
import * as own from "./every_third.ts";
import { smallTeachSettings, teachInPage } from "./teach_in_page.ts";

const registry: Registry = createRegistry([masking, models, data, own].flatMap(pluginsOf));
const MODULES = [import.meta.resolve("./every_third.ts")];

/** Lets a worker of the page look at a video; a text, since the page has types of its own. */
const LOOK = `async ({ settings, weights, request }) => {
  const worker = new Worker("look_worker.js", { type: "module" });
  const bytes = async (name) => await (await fetch(name)).bytes();
  const call = (name, ...given) => new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      if ("error" in data) reject(new Error(data.error));
      if ("result" in data) resolve(data.result);
    };
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage({ id: 0, name, given });
  });
  await call("start", settings, new URL(".", location.href).href, weights && await bytes(weights));
  await call("open", new File([await bytes("clip.mp4")], "clip.mp4"));
  const looked = await call("look", request);
  worker.terminate();
  return JSON.stringify(looked, (_, value) => ArrayBuffer.isView(value) ? [...value] : value);
}`;

interface Shown {
  readonly settings: StudioSettings;
  /** Name of the file with the weights. */
  readonly weights: string | null;
  readonly request: LookRequest;
}

async function lookInPage(page: Page, shown: Shown): Promise<Looked> {
  return JSON.parse(await page.evaluate(`(${LOOK})(${JSON.stringify(shown)})`) as string);
}

/** The largest difference of two lists. */
function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

/** Checks a page's tokens, heat and reconstructions against those of the command. */
async function compare(
  looked: Looked,
  source: LookSource,
  video: data.LabelledVideo,
  strategies: readonly Descriptor<"masking">[],
): Promise<void> {
  const there = await lookAtClip(video, { source, registry, strategies, epochs: 1 });
  assert.deepEqual([...looked.frames], [...there.frames]);
  assert.deepEqual(Uint8Array.from(looked.pixels), there.pixels);
  assert.ok(apart(looked.importance!, there.importance!) < 1e-5 * Math.max(...there.importance!));
  assert.deepEqual(looked.kept && [...looked.kept], there.kept && [...there.kept]);
  there.strategies.forEach(({ draws: [draw], reconstructions }, i) => {
    const one = looked.strategies[i];
    assert.deepEqual([...one.draws[0].visible], [...draw.visible]);
    assert.deepEqual([...one.draws[0].target], [...draw.target]);
    assert.equal(one.reconstructions.length, reconstructions.length);
    reconstructions.forEach(({ values: [values] }, j) =>
      assert.ok(apart(one.reconstructions[j].values[0], values) < 1e-4)
    );
  });
}

/** The page of raw patches, bundled once for all tests. */
const site = CHROMIUM === null ? null : studioContent(undefined, registry)
  .then((content) => studioSite({ ...content, modules: MODULES }));

/** The page with a video and the weights of runs beside it, and the settings of each. */
async function siteOf(clip: string, runs: readonly string[]) {
  const files: SiteFiles = new Map(await site!);
  files.set("clip.mp4", await Deno.readFile(clip));
  const raw: StudioSettings = JSON.parse(new TextDecoder().decode(files.get("settings.json")));
  const shown = await Promise.all(runs.map(async (run, i): Promise<StudioSettings> => {
    const { settings, weights } = await studioContent(run, registry);
    files.set(`run${i}.safetensors`, weights!);
    const served = { ...settings.run!, bytes: weights!, goesOn: false };
    await checkStartWeights(served, settings.teach, registry); // what the page teaches begins with them
    return { ...settings, plugins: raw.plugins };
  }));
  return { files, raw, shown };
}

/** The page of raw patches that teaches a network of seconds. */
async function quickSite(): Promise<SiteFiles> {
  const files: SiteFiles = new Map(await site!);
  const settings = JSON.parse(new TextDecoder().decode(files.get("settings.json")));
  const own = JSON.stringify({ ...settings, teach: smallTeachSettings() });
  return files.set("settings.json", new TextEncoder().encode(own));
}

/** Devices and ffmpeg's caches outlive a test. */
const LASTING = { sanitizeOps: false, sanitizeResources: false };

Deno.test({
  name:
    "studio: a dropped video shows the pixels, tokens and classes of look and predict [chromium]",
  ...LASTING,
  ignore: CHROMIUM === null,
  async fn() {
    const clip = join(folder, "clip.mp4");
    const encoder = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2"];
    await renderVideos([{ path: clip, frames: 80, encoder, size: "170x128" }]);
    const before = smallTask("studio-pretrain", { epochs: 1 });
    const tuned = smallFinetune("studio-finetune", { epochs: 1 });
    await pretrain(before, registry);
    await finetune(tuned, registry);
    const { files, raw, shown: [autoencoder, classifier] } = await siteOf(clip, [
      before.out!,
      tuned.out!,
    ]);
    const [entry] = await data.indexVideos([clip]);
    assert.ok("record" in entry);
    const video = { record: entry.record, label: 0 };
    const strategies = [masking.motionCentric(), masking.tube(), own.everyThird()];
    const stop = new AbortController();
    const fakeCamera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];
    const browser = await openBrowser(...fakeCamera);
    try {
      const { url } = serveSite(files, { port: 0, signal: stop.signal, token: "t0ken" });
      const { page, trouble } = await openPage(browser, url);
      const request = { start: null, frames: masking.dense(), strategies };
      const patches = await lookInPage(page, { settings: raw, weights: null, request });
      await using source = await patchSource(definePretrain(), { backend: "wasm" });
      await compare(patches, source, video, strategies);

      const small = { ...request, strategies: [before.masking] };
      const weights = "run0.safetensors";
      const trained = await lookInPage(page, { settings: autoencoder, weights, request: small });
      await using checkpoint = await checkpointSource(before.out!, registry);
      await compare(trained, checkpoint, video, small.strategies);

      const settings = { settings: classifier, weights: "run1.safetensors", request: small };
      const { classified } = await lookInPage(page, settings);
      await using open = await openClassifier(tuned.out!, registry);
      const { classes } = await predict(open, clip, { segments: 1, crops: 1, batch: 1 });
      for (const { name, probability } of classes) {
        const label = open.classes.indexOf(name);
        assert.ok(Math.abs(classified!.probabilities[label] - probability) < 1e-3);
      }
      // the page itself: the video whole, cut off, and without WebCodecs
      const bytes = Buffer.from(await Deno.readFile(clip));
      await page.waitForSelector("button:has-text('drawn'):enabled");
      const give = (name: string, buffer: Buffer) =>
        page.setInputFiles("input[type=file]", { name, mimeType: "video/mp4", buffer });
      await give("cut.mp4", bytes.subarray(0, bytes.length >> 1));
      await page.waitForSelector(".problem:has-text('Cannot read cut.mp4: ')");
      await give("whole.mp4", bytes);
      await page.waitForSelector("canvas[aria-label*='motion-centric'][aria-label*='156 of']");
      await page.waitForSelector(".source:has-text('170 × 128 pixels, 80 frames')");
      await page.evaluate("delete globalThis.VideoDecoder");
      await give("played.mp4", bytes);
      await page.waitForSelector(".source:has-text('played.mp4: 170 × 128 pixels, 96 frames')");
      await page.waitForSelector("p[role=status]:text-is('Ready')");
      await page.click("button:has-text('camera')");
      await page.waitForSelector(".source:has-text('Your camera')");
      await page.waitForSelector("canvas[aria-label*='Tokens of tube']");
      assert.equal(await page.locator(".problem").textContent(), "");

      const wrong = { ...classifier, model: { ...classifier.model, encoder: raw.model.encoder } };
      await assert.rejects(
        lookInPage(page, { ...settings, settings: wrong }),
        /Cannot load weights: .* must/,
      );
      assert.deepEqual(trouble, []);
    } finally {
      await browser.close();
      stop.abort();
    }
  },
});

Deno.test({
  name:
    "studio: the page is used by keyboard alone, accessible, survives what is no video, and teaches [chromium]",
  ...LASTING,
  ignore: CHROMIUM === null,
  async fn() {
    const stop = new AbortController();
    const browser = await openBrowser();
    try {
      const { url } = serveSite(await quickSite(), {
        port: 0,
        signal: stop.signal,
        token: "t0ken",
      });
      assertReadable(await site!);
      const { page, trouble } = await openPage(browser, url);
      const shown = ".figures dd:not(:text-is('–'))";
      await page.waitForSelector("button:has-text('drawn'):enabled");
      assert.deepEqual(await violations(page), []);
      await tabTo(page, "button:has-text('drawn')");
      await page.keyboard.press("Enter");
      await page.waitForSelector(shown);
      await tabTo(page, "#strategy-1");
      await page.keyboard.type("every");
      await page.waitForSelector("canvas[aria-label*='every-third'][aria-label*='523 of']");
      await tabTo(page, "summary:has-text('every-third')");
      await page.keyboard.press("Enter");
      await tabTo(page, "#strategy-1-offset");
      for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowUp");
      await page.keyboard.press("Tab");
      await page.waitForSelector(".refusal:has-text('offset must be 0, 1 or 2, got 3')");
      await fitsAll(page);
      const input = page.locator("input[type=file]");
      const buffer = Buffer.from("no video");
      await input.setInputFiles({ name: "no.mp4", mimeType: "video/mp4", buffer });
      await page.waitForSelector(".problem:has-text('Cannot read no.mp4: it must be a video')");
      await page.selectOption("#strategy-1", "tube");
      await page.waitForSelector(".problem", { state: "hidden" });
      await page.waitForSelector("canvas[aria-label*='tube'][aria-label*='160 of']");
      const other = await openPage(browser, url); // a second page beside it
      await other.page.waitForSelector("button:has-text('drawn'):enabled");
      await tabTo(page, "nav a:has-text('Teach')");
      await page.keyboard.press("Enter");
      await page.waitForSelector("#files-0:enabled");
      await teachInPage(page, join(folder, "taught-by-page"));
      await tabTo(page, "button:text-is('Go on')");
      await fitsAll(page);
      assert.deepEqual([...trouble, ...other.trouble], []);
    } finally {
      await browser.close();
      stop.abort();
    }
  },
});
