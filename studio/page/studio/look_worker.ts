/** The worker of the page: it decodes, embeds and masks, so that the page stays responsive. */

import { type Registry, tidy } from "@videoms/core";
import { frameRaster } from "@videoms/data/plain";
import type { FrameSelector, MaskingStrategy } from "@videoms/masking";
import { forwardCost, patchify, pretrainClipCost, softmax } from "@videoms/models";
import type { Objective } from "@videoms/models";
import * as tf from "@tensorflow/tfjs-core";
import { EngineWork, type OnDevice } from "../engine/engine_work.ts";
import { lookAtPixels, type LookedPixels, lookStream } from "../look/mod.ts";
import { evenlyTimed, labelledVideo } from "../video/labelled_video.ts";
import { type OpenedVideo, openVideo } from "../video/open_video.ts";
import { choiceFigures } from "./choice_figures.ts";
import type { Classified, LookCalls, Looked, LookRequest, VideoFacts } from "./look_messages.ts";
import { autoencoderOptions } from "../network/network_options.ts";
import { pageRegistry } from "../network/page_registry.ts";
import { type PageSource, pageSource } from "./look_source.ts";
import { pluginFacts } from "./plugin_facts.ts";
import type { StudioSettings } from "./studio_settings.ts";
import type { ElsewhereFacts, TakenFrames } from "../parts/taken_frames.ts";
import { answerCalls, type CallContext } from "../parts/worker_calls.ts";

/** What is ready once the page has started. */
interface Ready {
  readonly settings: StudioSettings;
  readonly registry: Registry;
  readonly work: EngineWork<PageSource & OnDevice>;
}

let ready: Ready | null = null;
/** Where the GPU was lost since it was last told. */
let notice: string | null = null;
let video: OpenedVideo | null = null;

function opened(): OpenedVideo {
  if (!video) throw new Error("Cannot read a clip: a video must be open, got none");
  return video;
}

function prepared(): Ready {
  if (!ready) throw new Error("Cannot run the page: it must have started");
  return ready;
}

async function start(
  _: CallContext,
  settings: StudioSettings,
  files: string,
  weights: Uint8Array<ArrayBuffer> | null,
) {
  const registry = await pageRegistry(settings.plugins.map((name) => new URL(name, files).href));
  const work = await EngineWork.open(
    { files },
    async (device) => ({
      ...await pageSource(settings.model, settings.run, weights, registry),
      device,
    }),
    (sentence) => notice = sentence,
  );
  ready = { settings, registry, work };
  return { engine: work.sentence, plugins: pluginFacts(registry) };
}

/** Takes the place of the video before. */
function hold(opened: OpenedVideo, name: string): VideoFacts {
  const { settings } = prepared();
  video?.[Symbol.dispose]();
  video = opened;
  const { frames, width, height, fps } = opened;
  const { length: positions } = frameRaster(labelledVideo(opened), settings.fps);
  const span = settings.model.geometry.frames * settings.samplingRate;
  return { name, frames, width, height, fps, positions, span };
}

async function open(context: CallContext, file: File): Promise<VideoFacts> {
  return hold(await openVideo(file, context), file.name);
}

// deno-lint-ignore require-await -- calls of a worker are promises
async function openElsewhere(_: CallContext, facts: ElsewhereFacts): Promise<VideoFacts> {
  const clip = () => Promise.reject(new Error("Cannot read a clip: the page must take it itself"));
  return hold({ ...evenlyTimed(facts), clip, [Symbol.dispose]: () => {} }, facts.name);
}

// deno-lint-ignore require-await -- as above
async function numbers(_: CallContext, { frames, start }: LookRequest): Promise<Int32Array> {
  return framesOf(prepared().registry.create<FrameSelector>(frames), start);
}

// deno-lint-ignore require-await -- as above
async function candidates(_: CallContext, { frames }: LookRequest): Promise<number> {
  const { registry, settings: { model: { geometry } } } = prepared();
  return registry.create<FrameSelector>(frames).candidateFrames(geometry);
}

/** The frames of a clip: those in the middle as commands take them, or those from a position on. */
function framesOf(selector: FrameSelector, start: number | null): Int32Array {
  const { settings: { model: { geometry }, samplingRate, fps, seed } } = prepared();
  const { length, frame } = frameRaster(labelledVideo(opened()), fps);
  const end = start === null ? length : Math.min(length, start + geometry.frames * samplingRate);
  const positions = selector.frames({
    videoFrames: end - (start ?? 0),
    frames: geometry.frames,
    tubeletSize: geometry.tubeletSize,
    samplingRate,
    phase: "test",
    random: lookStream(seed, 0).child("frames"),
  });
  return positions.map((position) => frame(position + (start ?? 0)));
}

async function look(context: CallContext, request: LookRequest): Promise<Looked> {
  const { registry, settings: { model: { geometry } } } = prepared();
  const selector = registry.create<FrameSelector>(request.frames);
  const numbers = framesOf(selector, request.start);
  const pixels = await opened().clip(numbers, geometry.imageSize, context);
  return await lookAt(context, { numbers, pixels }, request);
}

/** What a classifier says of a clip; null without one. */
async function classify(
  { classifier, parameters }: PageSource,
  pixels: Uint8Array,
  kept: Int32Array | null,
): Promise<Classified | null> {
  const { settings: { model: { geometry } } } = prepared();
  if (!classifier || !kept) return null;
  const logits = tidy(() => {
    const tokens = tf.tensor2d(kept, [1, kept.length], "int32");
    const features = classifier.features(parameters, patchify(pixels, geometry), tokens);
    return classifier.classify(parameters, features);
  });
  try {
    const probabilities = Float32Array.from(softmax(await logits.data() as Float32Array));
    return { probabilities, kept };
  } finally {
    logits.dispose();
  }
}

/** The strategies of a request that fit such clips; of others what they say, in their place. */
function fitting({ model: { grid } }: PageSource, request: LookRequest): (string | null)[] {
  const { registry } = prepared();
  return request.strategies.map((masking) => {
    try {
      registry.create<MaskingStrategy>(masking).counts(grid);
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  });
}

/** What a strategy's masks of a clip cost in pre-training, in multiply-accumulates. */
function costOf(request: LookRequest, masking: LookRequest["strategies"][number]): number {
  const { registry, settings: { model } } = prepared();
  return forwardCost(pretrainClipCost(autoencoderOptions(model, registry), {
    strategy: registry.create<MaskingStrategy>(masking),
    selector: registry.create<FrameSelector>(request.frames),
    objective: registry.create<Objective>(model.objective),
  }));
}

async function lookAt(
  { signal }: CallContext,
  taken: TakenFrames,
  request: LookRequest,
): Promise<Looked> {
  const found = await prepared().work.do((source) => {
    signal.throwIfAborted();
    return lookBySource(source, taken, request);
  });
  const told = notice;
  notice = null;
  return { ...found, notice: told };
}

async function lookBySource(
  source: PageSource,
  { numbers, pixels }: TakenFrames,
  request: LookRequest,
): Promise<Omit<Looked, "notice">> {
  const { registry, settings: { seed, model: { geometry } } } = prepared();
  const refused = fitting(source, request);
  const looked: LookedPixels = await lookAtPixels(
    { candidates: numbers, candidatePixels: pixels },
    {
      source,
      registry,
      selector: registry.create<FrameSelector>(request.frames),
      strategies: request.strategies.filter((_, i) => refused[i] === null),
      epochs: 1,
      seed,
    },
  );
  const sizes = { geometry, grid: source.model.grid };
  return {
    ...looked,
    strategies: looked.strategies.map((one) => ({
      ...one,
      figures: choiceFigures(one.draws[0], looked.pixels, sizes, costOf(request, one.masking)),
    })),
    refused,
    classified: await classify(source, looked.pixels, looked.kept),
  };
}

answerCalls<LookCalls>({ start, open, openElsewhere, numbers, candidates, look, lookAt });
