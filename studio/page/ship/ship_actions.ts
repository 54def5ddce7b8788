import { batch } from "@preact/signals";
import { type Camera, openCamera } from "../parts/camera.ts";
import { tell, work, type WorkOptions } from "../parts/long_work.ts";
import { whileOpen } from "../parts/while_open.ts";
import { WorkerCalls } from "../parts/worker_calls.ts";
import { openElementVideo } from "../video/element_video.ts";
import type { Classified, ShipCalls } from "./ship_messages.ts";
import type { ShipSettings } from "./ship_settings.ts";
import * as store from "./ship_store.ts";

/** The folder of the page's files. */
const FILES = new URL("./", document.baseURI).href;

/** Milliseconds between two looks at a camera. */
const CAMERA_EVERY = 500;

let worker: WorkerCalls<ShipCalls> | null = null;
let camera: Camera | null = null;

function show(found: Classified, subject: string): void {
  batch(() => {
    store.classified.value = found;
    store.subject.value = subject;
    if (found.notice) store.engine.value = found.notice;
  });
}

/** Keeps the page for when there is no network; a browser that cannot goes without. */
async function keepFiles(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register(new URL("sw.js", FILES));
    await navigator.serviceWorker.ready;
    store.isKept.value = true;
  } catch {
    // not by https, say: the page then needs its server
  }
}

/** Starts the page: its settings, its worker and the classifier in it. */
export async function begin(): Promise<void> {
  await work("Loading the classifier", async ({ signal }) => {
    const answer = await fetch(new URL("settings.json", FILES), { signal });
    const settings: ShipSettings = await answer.json();
    store.settings.value = settings;
    worker = new WorkerCalls<ShipCalls>(new URL("ship_worker.js", FILES));
    store.engine.value = await worker.call("start", [settings, FILES]);
  });
  await keepFiles();
}

function closeCamera(): void {
  camera?.close();
  camera = null;
  store.isWatching.value = false;
}

/** Classifies what a `<video>` element shows of a file. */
async function classifyShown(
  calls: WorkerCalls<ShipCalls>,
  file: File,
  how: WorkOptions,
): Promise<Classified> {
  return await whileOpen(await openElementVideo(file), async (opened) => {
    const { frames, width, height, fps } = opened;
    const facts = { name: file.name, frames, width, height, fps };
    const views = await calls.call("views", [facts], how);
    const size = store.settings.value!.model.geometry.imageSize;
    const clips = [];
    for (const { frames, box } of views) {
      clips.push(await opened.clip(frames, size, { signal: how.signal, box }));
      how.onProgress(clips.length / views.length);
    }
    return await calls.call("classifyViews", [clips], how);
  });
}

/** Classifies a video file that was chosen or dropped. */
export async function classifyFile(file: File): Promise<void> {
  const calls = worker;
  if (!calls || !store.engine.value) return;
  closeCamera();
  const isDecodable = "VideoDecoder" in globalThis; // not by plain HTTP, nor in every browser
  const found = await work(
    `Looking at ${file.name}`,
    (how) => isDecodable ? calls.call("classify", [file], how) : classifyShown(calls, file, how),
  );
  if (found) show(found, file.name);
}

/** Turns the camera on, or off. */
export async function toggleCamera(): Promise<void> {
  const calls = worker;
  if (camera || !calls) return closeCamera();
  const { model: { geometry: { imageSize } }, clips: { data: { samplingRate } } } = store.settings
    .value!;
  const opened = await work("Asking for the camera", async () => {
    const frames = await calls.call("candidates", []);
    return await openCamera(frames, samplingRate, imageSize);
  });
  if (!opened) return;
  camera = opened;
  store.isWatching.value = true;
  while (camera === opened) {
    const clip = opened.clip();
    try {
      if (clip) show(await calls.call("classifyPixels", [clip.pixels]), "your camera");
    } catch (error) {
      tell(error);
      closeCamera();
    }
    await new Promise((resolve) => setTimeout(resolve, CAMERA_EVERY));
  }
}
