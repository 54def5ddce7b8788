import { batch } from "@preact/signals";
import type { Descriptor, Json } from "@videoms/core";
import { type Camera, openCamera } from "./camera.ts";
import type { LookCalls, Looked, LookRequest } from "./look_messages.ts";
import { sampleClip } from "./sample_clip.ts";
import * as store from "./store.ts";
import type { StudioSettings } from "./studio_settings.ts";
import { WorkerCalls } from "./worker_calls.ts";

/** The folder of the page's files. */
const FILES = new URL("./", document.baseURI).href;

let worker: WorkerCalls<LookCalls> | null = null;
/** Ends what the page is at, for something newer. */
let current = new AbortController();
let camera: Camera | null = null;

/** Milliseconds between two looks at a camera. */
const CAMERA_EVERY = 700;

function tell(error: unknown): void {
  store.problem.value = error instanceof Error ? error.message : String(error);
}

/**
 * Does something long, of which the page shows how far it is, and that can be cancelled. What was begun before is
 * given up.
 */
async function work<T>(
  text: string,
  act: (options: { onProgress: (share: number) => void; signal: AbortSignal }) => Promise<T>,
): Promise<T | null> {
  current.abort(new Error("given up"));
  const own = current = new AbortController();
  const show = (share: number | null) => {
    if (own === current) store.busy.value = { text, share, cancel: () => own.abort() };
  };
  store.problem.value = null;
  show(null);
  try {
    return await act({ onProgress: show, signal: own.signal });
  } catch (error) {
    if (!own.signal.aborted) tell(error);
    return null;
  } finally {
    if (own === current) store.busy.value = null;
  }
}

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
    if (store.frame.value >= found.frames.length) store.frame.value = 0;
  });
}

/** How many frames the selector decodes for a clip is known to the worker alone: as many as clips have at least. */
function sampleFrames(): number {
  const { frames } = store.settings.value!.model.geometry;
  const alpha = store.frames.value?.options.alpha;
  const tubelet = store.settings.value!.model.geometry.tubeletSize;
  return typeof alpha === "number" ? Math.ceil(frames / tubelet * alpha - 1e-9) * tubelet : frames;
}

/** Looks again at the clip, after something about it has changed. */
export async function refresh(): Promise<void> {
  const source = store.source.value;
  if (source === "none" || !worker) return;
  const calls = worker;
  if (source === "file") {
    show(
      await work("Decoding and masking the clip", (how) => calls.call("look", [request()], how)),
    );
    return;
  }
  const taken = source === "camera"
    ? camera?.clip()
    : sampleClip(store.settings.value!.model.geometry, sampleFrames());
  if (!taken) return;
  if (source === "sample") {
    show(await work("Masking the clip", (how) => calls.call("lookAt", [taken, request()], how)));
  } else show(await calls.call("lookAt", [taken, request()]));
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
    worker = new WorkerCalls<LookCalls>(new URL("look_worker.js", FILES), (message) => {
      tell(`Cannot run the page: its worker must start, got: ${message}`);
    });
    store.started.value = await worker.call("start", [settings, FILES, weights]);
  });
}

function closeCamera(): void {
  camera?.close();
  camera = null;
}

/** Opens a video file that was chosen or dropped. */
export async function openFile(file: File): Promise<void> {
  const calls = worker;
  if (!calls) return;
  const facts = await work(`Opening ${file.name}`, (how) => calls.call("open", [file], how));
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
  const { model: { geometry: { frames, imageSize } }, samplingRate } = store.settings.value!;
  const opened = await work(
    "Asking for the camera",
    () => openCamera(frames, samplingRate, imageSize),
  );
  if (!opened) return;
  camera = opened;
  batch(() => {
    store.source.value = "camera";
    store.playing.value = true;
  });
  while (camera === opened) {
    await refresh().catch(tell);
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
