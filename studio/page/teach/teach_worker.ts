/** The worker that teaches: it decodes clips and trains, so that the page stays responsive. */

import type { Device, Registry } from "@videoms/core";
import type { FrameSelector } from "@videoms/masking";
import { EngineWork } from "../engine/engine_work.ts";
import { whileOpen } from "../parts/while_open.ts";
import { answerCalls, type CallContext } from "../parts/worker_calls.ts";
import type { ElsewhereFacts, TakenFrames } from "../parts/taken_frames.ts";
import { pageRegistry } from "../network/page_registry.ts";
import { evenlyTimed } from "../video/labelled_video.ts";
import { openVideo } from "../video/open_video.ts";
import { clipNumbers, type ClipReading, readTaughtClip, takenClip } from "./clip_reader.ts";
import { checkStartWeights, type StartWeights, startWeights } from "./start_weights.ts";
import type { TaughtClip } from "./taught_clip.ts";
import { taughtFiles } from "./taught_files.ts";
import type {
  HeldClip,
  TeachCalls,
  TeachRequest,
  TeachStart,
  WeightFacts,
} from "./teach_messages.ts";
import { type Checkpoints, Teaching, type TeachReport } from "./teaching.ts";
import type { TeachSettings } from "./teach_settings.ts";

/** What is trained on a device; made again on another one where a GPU is lost. */
interface OnDevice extends Disposable {
  readonly device: Device;
  teaching: Teaching | null;
}

/** What is ready once the page has started. */
interface Ready {
  readonly settings: TeachSettings;
  readonly registry: Registry;
  readonly reading: ClipReading;
  readonly work: EngineWork<OnDevice>;
  /** Weights of the run that the page was served with. */
  readonly served: StartWeights | null;
}

type Frames = Pick<TaughtClip, "candidates" | "tested">;

const NONE: Checkpoints = { pretrain: null, finetune: null };

let ready: Ready | null = null;
let weights: StartWeights | null = null;
let request: TeachRequest | null = null;
/** What training goes on from where it stopped, or a GPU was lost. */
let checkpoints: Checkpoints = NONE;
/** What is told with the next report. */
let lost = "";
const clips = new Map<number, Frames>();

function prepared(): Ready {
  if (!ready) throw new Error("Cannot run the page: it must have started");
  return ready;
}

async function openTeaching(device: Device): Promise<Teaching | null> {
  if (!request) return null;
  const { settings, registry } = prepared();
  const { classes, steps } = request;
  const taught = request.clips.map((clip) => ({ ...clip, ...clips.get(clip.id)! }));
  const plan = {
    ...{ classes, steps },
    train: taught.filter(({ isHeldOut }) => !isHeldOut),
    heldOut: taught.filter(({ isHeldOut }) => isHeldOut),
  };
  return await Teaching.open({ device, registry, settings, weights }, plan, checkpoints);
}

async function onDevice(device: Device): Promise<OnDevice> {
  const made: OnDevice = {
    device,
    teaching: await openTeaching(device),
    [Symbol.dispose]: () => made.teaching?.[Symbol.dispose](),
  };
  return made;
}

async function start(
  _: CallContext,
  { teach, plugins, run }: TeachStart,
  files: string,
  served: Uint8Array<ArrayBuffer> | null,
): Promise<string> {
  const registry = await pageRegistry(plugins.map((name) => new URL(name, files).href));
  const work = await EngineWork.open({ files }, onDevice, (sentence) => lost = sentence);
  const { model: { geometry }, finetune: task } = teach;
  const selector = registry.create<FrameSelector>(task.frames);
  weights = served && run ? { ...run, bytes: served, goesOn: false } : null;
  ready = {
    settings: teach,
    registry,
    reading: { geometry, task, selector },
    work,
    served: weights,
  };
  return work.sentence;
}

function hold(id: number, frames: Frames): HeldClip {
  clips.set(id, frames);
  const { tested } = frames;
  const bytes = prepared().settings.model.geometry.imageSize ** 2 * 3;
  const middle = (tested.length / bytes >> 1) * bytes;
  return { frames: frames.candidates.frames, picture: tested.slice(middle, middle + bytes) };
}

async function read(context: CallContext, id: number, file: File): Promise<HeldClip> {
  const { reading } = prepared();
  return await whileOpen(
    await openVideo(file, context),
    async (video) => hold(id, await readTaughtClip(video, reading, context)),
  );
}

// deno-lint-ignore require-await -- calls of a worker are promises
async function numbers(_: CallContext, facts: ElsewhereFacts): Promise<Int32Array> {
  return clipNumbers(evenlyTimed(facts), prepared().reading).all;
}

// deno-lint-ignore require-await -- as above
async function take(
  _: CallContext,
  id: number,
  facts: ElsewhereFacts,
  taken: TakenFrames,
): Promise<HeldClip> {
  const { reading } = prepared();
  return hold(id, takenClip(clipNumbers(evenlyTimed(facts), reading), taken, reading.geometry));
}

// deno-lint-ignore require-await -- as above
async function drop(_: CallContext, id: number): Promise<void> {
  clips.delete(id);
}

async function useWeights(_: CallContext, file: File | null): Promise<WeightFacts | null> {
  const { settings, registry, served } = prepared();
  const given = file ? await startWeights(await file.bytes(), file.name) : served;
  if (given) await checkStartWeights(given, settings, registry);
  weights = given;
  checkpoints = given?.goesOn ? { ...NONE, [given.kind]: given.bytes } : NONE;
  if (!given) return null;
  const { bytes: _bytes, ...facts } = given;
  return facts;
}

/** Whether a fine-tuning goes on: of a file by the names of its classes, else by their number, as names may change. */
function goesOn({ classes }: TeachRequest): boolean {
  const isFromFile = checkpoints.finetune !== null && checkpoints.finetune === weights?.bytes;
  if (isFromFile) return classes.join("\n") === weights!.classes.join("\n");
  return classes.length === request?.classes.length;
}

async function begin(_: CallContext, wanted: TeachRequest, startOver: boolean): Promise<void> {
  if (startOver) checkpoints = NONE;
  else if (!goesOn(wanted)) checkpoints = { ...checkpoints, finetune: null };
  request = wanted;
  await prepared().work.do(async (made) => {
    made.teaching?.[Symbol.dispose]();
    made.teaching = null;
    made.teaching = await openTeaching(made.device);
  });
}

/** The teaching at hand, by a device in order. */
async function taught<T>(act: (teaching: Teaching) => Promise<T>): Promise<T> {
  return await prepared().work.do(({ teaching }) => {
    if (!teaching) throw new Error("Cannot train: clips must have been given, got none");
    return act(teaching);
  });
}

async function go(_: CallContext, ms: number): Promise<TeachReport> {
  return await taught(async (teaching) => {
    const report = await teaching.go(ms);
    checkpoints = teaching.checkpoints;
    const note = lost;
    lost = "";
    return { ...report, note };
  });
}

async function files() {
  return await taught(async (teaching) => {
    checkpoints = await teaching.save();
    return taughtFiles(teaching.tasks, request!.clips, checkpoints);
  });
}

answerCalls<TeachCalls>({ start, read, numbers, take, drop, useWeights, begin, go, files });
