import { batch } from "@preact/signals";
import type { Descriptor, Json } from "@videoms/core";
import { type Camera, openCamera } from "../parts/camera.ts";
import { currentSignal, tell, work } from "../parts/long_work.ts";
import type { TakenFrames } from "../parts/taken_frames.ts";
import type { LookCalls, Looked, LookRequest, VideoFacts } from "./look_messages.ts";
import { type ElementVideo, openElementVideo } from "../video/element_video.ts";
import { sampleClip } from "./sample_clip.ts";
import * as store from "./store.ts";
import type { StudioSettings } from "./studio_settings.ts";
import { WorkerCalls } from "../parts/worker_calls.ts";

/** The folder of the page's files. */
const FILES = new URL("./", document.baseURI).href;

let worker: WorkerCalls<LookCalls> | null = null;
let camera: Camera | null = null;
/** A video that the page decodes itself, where WebCodecs is missing. */
let element: ElementVideo | null = null;

/** Milliseconds between two looks at a camera. */
const CAMERA_EVERY = 700;

function request(): LookRequest {
  return {
    start: store.start.value,
    frames: store.frames.value!,
    strategies: store.strategies.value,
  };
}

function show(found: Looked | null): void {
  if (!found) return;
  batch(() => {
    store.looked.value = found;
    const { value: started } = store.started;
    if (found.notice && started) store.started.value = { ...started, engine: found.notice };
    if (store.frame.value >= found.frames.length) store.frame.value = 0;
  });
}

/** The frames of a clip that the page takes itself; null where a camera has not given enough yet. */
async function takenFrames(
  calls: WorkerCalls<LookCalls>,
  how: { onProgress: (share: number) => void; signal: AbortSignal },
): Promise<TakenFrames | null> {
  const { geometry } = store.settings.value!.model;
  if (store.source.value === "camera") return camera?.clip() ?? null;
  if (store.source.value === "sample") {
    return sampleClip(geometry, await calls.call("candidates", [request()], how));
  }
  const numbers = await calls.call("numbers", [request()], how);
  return { numbers, pixels: await element!.clip(numbers, geometry.imageSize, how) };
}

/** Looks again at the clip, after something about it has changed. */
export async function refresh(): Promise<void> {
  const calls = worker;
  const source = store.source.value;
  if (source === "none" || !calls) return;
  const isDecodedThere = source === "file" && element === null;
  const look = async (how: Parameters<typeof takenFrames>[1]) => {
    if (isDecodedThere) return await calls.call("look", [request()], how);
    const taken = await takenFrames(calls, how);
    return taken && await calls.call("lookAt", [taken, request()], how);
  };
  if (source !== "camera") {
    show(await work("Looking at the clip", look));
    return;
  }
  const signal = currentSignal(); // a camera is looked at all the time, of which no progress is shown
  try {
    show(await look({ onProgress: () => {}, signal }));
  } catch (error) {
    if (!signal.aborted) tell(error);
  }
}

/** Starts the page: its settings, its worker, and weights where there are some. */
export async function begin(): Promise<void> {
  await work("Starting", async ({ signal }) => {
    const answer = await fetch(new URL("settings.json", FILES), { signal });
    const settings: StudioSettings = await answer.json();
    store.settings.value = settings;
    store.frames.value = settings.frames;
    store.strategies.value = settings.strategies;
    const weights = settings.run
      ? await (await fetch(new URL("weights.safetensors", FILES), { signal })).bytes()
      : null;
    worker = new WorkerCalls<LookCalls>(new URL("look_worker.js", FILES));
    store.started.value = await worker.call("start", [settings, FILES, weights]);
  });
}

/** Turns the camera off, if it is on. */
export function closeCamera(): void {
  camera?.close();
  camera = null;
  if (store.source.value === "camera") store.source.value = "none";
}

/** Opens a file where WebCodecs is missing. */
async function openByElement(
  file: File,
  calls: WorkerCalls<LookCalls>,
  how: { signal: AbortSignal },
): Promise<VideoFacts> {
  const opened = await openElementVideo(file);
  element?.[Symbol.dispose]();
  element = opened;
  const { frames, width, height, fps } = opened;
  return await calls.call("openElsewhere", [{ name: file.name, frames, width, height, fps }], how);
}

/** Opens a video file that was chosen or dropped. */
export async function openFile(file: File): Promise<void> {
  const calls = worker;
  if (!calls) return;
  const isDecodable = "VideoDecoder" in globalThis;
  const facts = await work(
    `Opening ${file.name}`,
    (how) => isDecodable ? calls.call("open", [file], how) : openByElement(file, calls, how),
  );
  if (!facts) return;
  closeCamera();
  batch(() => {
    store.video.value = facts;
    store.source.value = "file";
    store.start.value = null;
  });
  await refresh();
}

/** Shows the clip that the page brings. */
export async function useSample(): Promise<void> {
  closeCamera();
  store.source.value = "sample";
  await refresh();
}

/** Turns the camera on, or off. */
export async function toggleCamera(): Promise<void> {
  if (camera) {
    closeCamera();
    return;
  }
  const { model: { geometry: { imageSize } }, samplingRate } = store.settings.value!;
  const opened = await work("Asking for the camera", async (how) => {
    const frames = await worker!.call("candidates", [request()], how);
    return await openCamera(frames, samplingRate, imageSize);
  });
  if (!opened) return;
  camera = opened;
  batch(() => {
    store.source.value = "camera";
    store.playing.value = true;
  });
  while (camera === opened) {
    await refresh();
    await new Promise((resolve) => setTimeout(resolve, CAMERA_EVERY));
  }
}

/** Another strategy on one side, with its default options. */
export async function chooseStrategy(side: number, name: string): Promise<void> {
  const plugin = store.pluginsOfKind("masking").find((one) => one.name === name)!;
  const options = Object.fromEntries(plugin.options.map((one) => [one.name, one.value]));
  await changeStrategy(side, { kind: "masking", name, options });
}

/** One option of a side's strategy. */
export async function setOption(side: number, name: string, value: Json): Promise<void> {
  const { options, ...rest } = store.strategies.value[side];
  await changeStrategy(side, { ...rest, options: { ...options, [name]: value } });
}

async function changeStrategy(side: number, masking: Descriptor<"masking">): Promise<void> {
  store.strategies.value = store.strategies.value.with(side, masking);
  await refresh();
}

/** Another frame selector, with its default options. */
export async function chooseFrames(name: string): Promise<void> {
  const plugin = store.pluginsOfKind("frames").find((one) => one.name === name)!;
  const options = Object.fromEntries(plugin.options.map((one) => [one.name, one.value]));
  store.frames.value = { kind: "frames", name, options };
  await refresh();
}

/** One option of the frame selector. */
export async function setFramesOption(name: string, value: Json): Promise<void> {
  const { options, ...rest } = store.frames.value!;
  store.frames.value = { ...rest, options: { ...options, [name]: value } };
  await refresh();
}

/** Another clip of the video. */
export async function moveTo(start: number | null): Promise<void> {
  store.start.value = start;
  await refresh();
}

/** The next frame while playing; at the end the first one, or the next clip of the video. */
export async function advance(): Promise<void> {
  const { value: found } = store.looked;
  if (!found) return;
  const next = store.frame.value + 1;
  if (next < found.frames.length) {
    store.frame.value = next;
    return;
  }
  const { value: facts } = store.video;
  if (store.goesOn.value && store.source.value === "file" && facts) {
    const place = (store.start.value ?? Math.max(0, (facts.positions - facts.span) >> 1)) +
      facts.span;
    await moveTo(place >= facts.positions ? 0 : place);
  }
  store.frame.value = 0;
}
