import { zipParts } from "@videoms/core";
import { batch } from "@preact/signals";
import { problem, tell, work, type WorkOptions } from "../parts/long_work.ts";
import { closeStream, openCameraStream, recordClip } from "../parts/record_clip.ts";
import { whileOpen } from "../parts/while_open.ts";
import { WorkerCalls } from "../parts/worker_calls.ts";
import { openElementVideo } from "../video/element_video.ts";
import { isHeldOut } from "./taught_clip.ts";
import { clipPath, FOLDER } from "./taught_files.ts";
import type { HeldClip, TaughtFiles, TeachCalls, TeachStart } from "./teach_messages.ts";
import { teachRequest } from "./teach_request.ts";
import * as store from "./teach_store.ts";
import type { StageName, TeachReport } from "./teaching.ts";

/** The folder of the page's files. */
const FILES = new URL("./", document.baseURI).href;

/** Milliseconds of training between two reports. */
const REPORT_EVERY = 300;

/** Seconds of a recorded clip. */
export const SECONDS = 3;

let worker: WorkerCalls<TeachCalls> | null = null;
let ids = store.classes.value.length;
let startsOver = false;
/** How many clips came into each class, those removed since too: no other clip takes their place. */
const added = new Map<number, number>();

/** Starts the worker that teaches, once. */
export async function beginTeaching(settings: TeachStart): Promise<void> {
  if (worker) return;
  const calls = worker = new WorkerCalls<TeachCalls>(new URL("teach_worker.js", FILES));
  const engine = await work("Starting", async ({ signal }) => {
    const answer = settings.run && await fetch(new URL("weights.safetensors", FILES), { signal });
    return await calls.call("start", [settings, FILES, answer && await answer.bytes()]);
  });
  if (engine === null) return;
  const { run, teach: { pretrain, finetune } } = settings;
  batch(() => {
    store.engine.value = engine;
    store.settings.value = settings.teach;
    store.weights.value = run && { ...run, goesOn: false };
    store.steps.value = { pretrain: run ? 0 : pretrain.steps!, finetune: finetune.steps! };
  });
}

/** One more class. */
export function addClass(): void {
  store.classes.value = [...store.classes.value, { id: ids++, name: "" }];
}

/** Another name of a class. */
export function nameClass(id: number, name: string): void {
  store.classes.value = store.classes.value.map((one) => one.id === id ? { id, name } : one);
}

/** A class less, with its clips. */
export function removeClass(id: number): void {
  for (const clip of store.clips.value) if (clip.classId === id) removeClip(clip.id);
  store.classes.value = store.classes.value.filter((one) => one.id !== id);
}

/** A clip less. */
export function removeClip(id: number): void {
  store.clips.value = store.clips.value.filter((one) => one.id !== id);
  worker!.call("drop", [id]).catch(tell);
}

async function readClip(id: number, file: File, how: WorkOptions): Promise<HeldClip> {
  if ("VideoDecoder" in globalThis) return await worker!.call("read", [id, file], how);
  return await whileOpen(await openElementVideo(file), async (opened) => {
    const { frames, width, height, fps } = opened;
    const facts = { name: file.name, frames, width, height, fps };
    const numbers = await worker!.call("numbers", [facts], how);
    const size = store.settings.value!.model.geometry.imageSize;
    const taken = { numbers, pixels: await opened.clip(numbers, size, how) };
    return await worker!.call("take", [id, facts, taken], how);
  });
}

/** Clips of a class, as files; those that cannot be read are left out, and the first of them is told. */
export async function addClips(classId: number, files: readonly File[]): Promise<void> {
  await work("Reading clips", async ({ onProgress, signal }) => {
    const errors: unknown[] = [];
    for (const [i, file] of files.entries()) {
      const id = ids++;
      const own = { onProgress: (share: number) => onProgress((i + share) / files.length), signal };
      try {
        const held = await readClip(id, file, own);
        const place = added.get(classId) ?? 0;
        const clip = { ...held, id, classId, file, isHeldOut: isHeldOut(file.name, place) };
        store.clips.value = [...store.clips.value, clip];
        added.set(classId, place + 1);
      } catch (error) {
        signal.throwIfAborted();
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  });
}

/** Turns the camera on, or off. */
export async function toggleTeachCamera(): Promise<void> {
  const { value: stream } = store.camera;
  if (stream) closeStream(stream);
  store.camera.value = stream ? null : await work("Asking for the camera", openCameraStream);
}

/** Records a clip of a class. */
export async function record(classId: number): Promise<void> {
  const { value: stream } = store.camera;
  if (!stream) return;
  const name = `camera-${ids}`;
  const file = await work("Recording", (how) => recordClip(stream, SECONDS, name, how));
  if (file) await addClips(classId, [file]);
}

function take(report: TeachReport): void {
  const { stage, done, loss, pretrained, finetuned, note } = report;
  batch(() => {
    store.report.value = report;
    if (loss !== null) {
      const points = [...store.curves.value[stage], { step: done, loss }];
      store.curves.value = { ...store.curves.value, [stage]: points };
    }
    if (pretrained) store.pretrained.value = pretrained;
    if (finetuned) store.finetuned.value = finetuned;
    if (note) problem.value = note;
  });
}

/** Trains until all steps are done, or it is stopped; goes on where it stopped. */
export async function train(): Promise<void> {
  try {
    problem.value = null;
    const request = teachRequest(
      store.classes.value,
      store.clips.value,
      store.steps.value,
    );
    store.isTraining.value = true;
    addEventListener("beforeunload", askBeforeLeaving);
    await worker!.call("begin", [request, startsOver]);
    startsOver = false;
    while (store.isTraining.value) {
      const report = await worker!.call("go", [REPORT_EVERY]);
      take(report);
      if (report.isFinished) break;
    }
  } catch (error) {
    tell(error);
  } finally {
    store.isTraining.value = false;
  }
}

/** Stops after the step at hand. */
export function stop(): void {
  store.isTraining.value = false;
}

/** Forgets what was learned; clips stay. */
export function startOver(): void {
  startsOver = true;
  batch(() => {
    store.report.value = store.pretrained.value = store.finetuned.value = null;
    store.curves.value = { pretrain: [], finetune: [] };
  });
}

/** Another number of steps of a stage. */
export function setSteps(stage: StageName, count: number): void {
  store.steps.value = { ...store.steps.value, [stage]: count };
}

/** Weights of a file to go on from. */
export async function useWeights(file: File): Promise<void> {
  const facts = await work(
    `Opening ${file.name}`,
    (how) => worker!.call("useWeights", [file], how),
  );
  if (!facts) return;
  startOver();
  startsOver = false;
  store.weights.value = facts;
  const { value: entries } = store.classes;
  if (facts.kind === "pretrain" || entries.some(({ name }) => name.trim() !== "")) return;
  store.classes.value = facts.classes.map((name, i) => ({ id: entries[i]?.id ?? ids++, name }));
}

/** Asks before the page is left with what it was taught. */
function askBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

function download(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  removeEventListener("beforeunload", askBeforeLeaving);
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** The last weights as a file. */
export async function downloadWeights(): Promise<void> {
  const files = await work("Saving", (how) => worker!.call("files", [], how));
  const file = files?.findLast(({ name }) => name.endsWith(".safetensors"));
  if (file) download(file.name, new Blob([file.bytes]));
}

/** An archive of weights, task files, lists and clips. */
export async function downloadAll(): Promise<void> {
  const archive = await work("Saving", async (how) => {
    const files: TaughtFiles = await worker!.call("files", [], how);
    const entries = [
      ...files.map(({ name, bytes }) => ({ name, size: bytes.length, read: () => bytes })),
      ...store.clips.value.map(({ file, ...clip }) => ({
        name: clipPath({ ...clip, name: file.name }),
        size: file.size,
        read: () => file.bytes(),
      })),
    ];
    const parts = zipParts(entries.map(({ name, size, read }) => ({
      ...{ name: `${FOLDER}/${name}`, size },
      read: async () => await read(),
    })));
    return new Blob(await Array.fromAsync(parts) as BlobPart[]);
  });
  if (archive) download(`${FOLDER}.zip`, archive);
}
