import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { createRegistry, pluginsOf, type Registry } from "@videoms/core";
import * as data from "@videoms/data";
import * as masking from "@videoms/masking";
import * as models from "@videoms/models";
import { command } from "../../tasks/commands/ship_command.ts";
import { predict } from "../../tasks/evaluation/predict/predict.ts";
import { openClassifier } from "../../tasks/runs/classifier/trained_classifier.ts";
import { finetune } from "../../tasks/runs/finetune/finetune.ts";
import { folder, smallFinetune } from "../tasks/small_task.ts";
import { recordingOutput } from "../tasks/recording_output.ts";
import { assertReadable, CHROMIUM, fitsAll, openBrowser, tabTo } from "./browser_page.ts";
import * as own from "./every_third.ts";

const FAKE_CAMERA = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"];

/** A module of the user's, whose token selection the classifier has. */
const PLUGINS = fileURLToPath(new URL("every_third.ts", import.meta.url));
const registry: Registry = createRegistry([masking, models, data, own].flatMap(pluginsOf));

/** Weights of another network. */
const OTHER = fileURLToPath(
  new URL("../../tasks/commands/verify/cases/finetune-all-tokens.safetensors", import.meta.url),
);

const TYPES: Record<string, string> = {
  html: "text/html",
  js: "text/javascript",
  css: "text/css",
  json: "application/json",
  wasm: "application/wasm",
};

/** A plain static server: no headers but types. */
function serveFolder(path: string, signal: AbortSignal): string {
  const answer = async (request: Request) => {
    const name = new URL(request.url).pathname.slice("/some/where/".length) || "index.html";
    try {
      const type = TYPES[name.split(".").at(-1)!] ?? "application/octet-stream";
      return new Response(await Deno.readFile(join(path, name)), {
        headers: { "content-type": type },
      });
    } catch {
      return new Response("not found", { status: 404 });
    }
  };
  const options = { hostname: "127.0.0.1", port: 0, signal, onListen: () => {} };
  return `http://127.0.0.1:${Deno.serve(options, answer).addr.port}/some/where/`;
}

/** Names that no file had before: a page that names one has looked at it. */
let given = 0;

/** Lets the page take a file. */
async function give(page: Page, bytes: Uint8Array): Promise<string> {
  const name = `video-${++given}.mp4`;
  const file = { name, mimeType: "video/mp4", buffer: Buffer.from(bytes) };
  await page.setInputFiles("input[type=file]", file);
  return name;
}

/** Lets the page classify a video; probabilities by class, all that it lists. */
async function classify(page: Page, video: Uint8Array): Promise<Map<string, number>> {
  const name = await give(page, video);
  await page.locator("h2", { hasText: name }).waitFor();
  const rows = await page.evaluate(
    `[...document.querySelectorAll("meter")].map((one) => [one.ariaLabel, one.value])`,
  );
  return new Map(rows as [string, number][]);
}

/** What the page says of a file that it cannot take. */
async function problemOf(page: Page, bytes: Uint8Array): Promise<string> {
  const name = await give(page, bytes);
  await page.locator(".problem", { hasText: name }).waitFor();
  return await page.textContent(".problem") ?? "";
}

/** A held-out video of the run, in a codec of the web. */
async function heldOut(): Promise<string> {
  const [set] = Deno.readDirSync(`${folder}/shapes`).filter((one) => one.isDirectory);
  const [from, to] = [`${folder}/shapes/${set.name}/held_out/00001.mp4`, `${folder}/web.mp4`];
  const args = ["-v", "error", "-i", from, "-c:v", "libx264", "-pix_fmt", "yuv420p", to];
  await new Deno.Command("ffmpeg", { args }).output();
  return to;
}

/** A video that says of itself that its frames are far larger than they are. */
function enlarged(video: Uint8Array): Uint8Array {
  const large = video.slice();
  const entry = Buffer.from(large.buffer).indexOf(
    "avc1",
    Buffer.from(large.buffer).indexOf("stsd"),
  );
  large.set([0x40, 0, 0x40, 0], entry + 28); // width and height, 16,384
  return large;
}

/** The page is used by keyboard alone, on any screen, and with aids. */
async function assertAccessible(page: Page, video: string): Promise<void> {
  await fitsAll(page);
  await tabTo(page, "input[type=file]");
  const chooser = page.waitForEvent("filechooser");
  await page.keyboard.press("Space");
  await (await chooser).setFiles(video);
  await page.locator("h2", { hasText: "web.mp4" }).waitFor();
  await tabTo(page, "button:has-text('camera')");
  await tabTo(page, "a[href='LICENCES.txt']");
}

/** A page whose weights are those of another network says so in a sentence. */
async function misfits(browser: Browser, folder: string): Promise<void> {
  using stop = new DisposableStack();
  const server = stop.adopt(new AbortController(), (one) => one.abort());
  const page = await browser.newPage({ serviceWorkers: "block" });
  await page.route("**/weights.safetensors", (route) => route.fulfill({ path: OTHER }));
  await page.goto(serveFolder(folder, server.signal));
  const problem = "Cannot load weights: weights.safetensors must";
  await page.locator(".problem", { hasText: problem }).waitFor();
  await page.close();
}

/** Ships a small classifier, as the command does. */
async function ship(run: string, out: string): Promise<string> {
  const output = recordingOutput();
  const flags = { out, type: "float32", licence: "CC0", plugin: [PLUGINS], weights: "last" };
  await command.run({
    flags: { ...flags, backend: "wasm" },
    positionals: [run],
    paths: { own: (path: string) => path },
    signal: new AbortController().signal,
    output,
  } as never);
  return output.out.join("");
}

/** What the command says of a video. */
async function predicted(run: string, video: string): Promise<Map<string, number>> {
  await using classifier = await openClassifier(run, registry, { weights: "last" });
  const { classes } = await predict(classifier, video, { segments: 2, crops: 3, batch: 6 });
  return new Map(classes.map(({ name, probability }) => [name, probability]));
}

/** Opens a page that has started, and notes what it should not do. */
async function open(browser: Browser, url: string, trouble: string[]): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  page.on("console", (message) => trouble.push(message.text()));
  page.on("pageerror", (error) => trouble.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().replace(/^blob:/, "").startsWith(new URL(url).origin)) {
      trouble.push(request.url());
    }
  });
  await page.goto(url);
  await started(page);
  return page;
}

async function started(page: Page): Promise<void> {
  await page.locator("input[type=file]:not([disabled])").waitFor({ state: "attached" });
}

Deno.test({
  name:
    "ship: a static folder with plugins classifies as predict does, off line and twice too, by keyboard and with aids, outlives bad files, and sees a camera [chromium]",
  ignore: CHROMIUM === null,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const task = smallFinetune("shipped", {
      epochs: 1,
      model: { headScale: 30 },
      tokens: own.livelyQuarter(),
    });
    await finetune(task, registry);
    const out = `${folder}/site`;
    await assert.rejects(ship(task.out!, task.out!), /must be empty or hold an earlier page/);
    assert.match(await ship(task.out!, out), /MB, weights .*\n.* ms a clip, 6 clips a video/);
    const sizes = [...Deno.readDirSync(out)].map(({ name }) => Deno.statSync(join(out, name)).size);
    assert.ok(sizes.reduce((a, b) => a + b) < 12e6);
    assertReadable(
      Array.from(Deno.readDirSync(out), ({ name }) => [name, Deno.readFileSync(join(out, name))]),
    );
    const video = await heldOut();
    const bytes = await Deno.readFile(video);
    const expected = await predicted(task.out!, video);
    const server = new AbortController();
    const url = serveFolder(out, server.signal);
    const browser = await openBrowser(...FAKE_CAMERA);
    const trouble: string[] = [];
    try {
      const page = await open(browser, url, trouble);
      const agrees = async (on: Page) => {
        const found = await classify(on, bytes);
        for (const [name, wanted] of expected) {
          assert.ok(Math.abs(found.get(name)! - wanted) < 1e-3, JSON.stringify([...found]));
        }
      };
      await agrees(page);
      const noVideo = new TextEncoder().encode("no video".repeat(99));
      for (const bad of [noVideo, bytes.subarray(0, bytes.length >> 1), new Uint8Array()]) {
        assert.match(await problemOf(page, bad), /^Cannot read video-\d+\.mp4: it must be a video/);
      }
      assert.match(
        await problemOf(page, enlarged(bytes)),
        /at most 8192 × 4320 .* got 16384 × 16384/,
      );
      await assertAccessible(page, video);
      await page.locator("dd", { hasText: "works from now on" }).waitFor();
      await misfits(browser, out);
      server.abort(); // no network from here on
      const twin = await page.context().newPage();
      await twin.goto(url);
      await started(twin);
      assert.equal(await twin.evaluate("crossOriginIsolated"), true);
      await agrees(twin);
      await twin.getByRole("button", { name: "Use the camera" }).click();
      await twin.locator("h2", { hasText: "your camera" }).waitFor();
      await page.evaluate("delete globalThis.VideoDecoder"); // as by plain HTTP
      const shown = [...(await classify(page, bytes)).values()].reduce((a, b) => a + b);
      assert.ok(Math.abs(shown - 1) < 1e-6);
      assert.deepEqual(trouble, []);
    } finally {
      await browser.close();
      server.abort();
    }
  },
});
