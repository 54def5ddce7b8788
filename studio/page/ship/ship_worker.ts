/** The worker of the page: it decodes and classifies, so that the page stays responsive. */

import { softmax } from "@videoms/models";
import { type ClassifiedClips, classifyClips } from "../classify/mod.ts";
import { EngineWork } from "../engine/engine_work.ts";
import { pageRegistry } from "../network/page_registry.ts";
import { whileOpen } from "../parts/while_open.ts";
import { answerCalls, type CallContext } from "../parts/worker_calls.ts";
import { labelledVideo } from "../video/labelled_video.ts";
import { type OpenedVideo, openVideo } from "../video/open_video.ts";
import { evaluationViews } from "../views/mod.ts";
import type { Classified, ShipCalls } from "./ship_messages.ts";
import type { ShipSettings } from "./ship_settings.ts";
import { type ShippedClassifier, shippedClassifier } from "./shipped_classifier.ts";

/** What is ready once the page has started. */
interface Ready {
  readonly settings: ShipSettings;
  readonly work: EngineWork<ShippedClassifier>;
}

let ready: Ready | null = null;
/** Where the GPU was lost since it was last told. */
let notice: string | null = null;

function prepared(): Ready {
  if (!ready) throw new Error("Cannot predict: the page must have started");
  return ready;
}

async function start(_: CallContext, settings: ShipSettings, files: string): Promise<string> {
  const registry = await pageRegistry(settings.plugins.map((name) => new URL(name, files).href));
  const answer = await fetch(new URL("weights.safetensors", files));
  if (!answer.ok) {
    throw new Error(
      `Cannot load weights: the page must have weights.safetensors, got ${answer.status}`,
    );
  }
  const weights = await answer.bytes();
  const work = await EngineWork.open(
    { files },
    (device) => shippedClassifier(settings, weights, registry, device),
    (sentence) => notice = sentence,
  );
  ready = { settings, work };
  return work.sentence;
}

/** Scores a clip, and what that took in milliseconds. */
async function score(pixels: Uint8Array): Promise<{ clip: ClassifiedClips; time: number }> {
  return await prepared().work.do(async (context) => {
    const begin = performance.now();
    const clip = await classifyClips(context, context.parameters, { pixels, batch: 1 });
    return { clip, time: performance.now() - begin };
  });
}

/** What all views say together. */
function joined(
  views: readonly { clip: ClassifiedClips; time: number }[],
  middle: number,
): Classified {
  const { settings: { classes }, work } = prepared();
  const probabilities = new Float64Array(classes.length);
  for (const { clip: { logits } } of views) {
    softmax(logits).forEach((one, label) => probabilities[label] += one / views.length);
  }
  const { pixels, kept: [kept] } = views[middle].clip;
  // the first clip also compiles kernels
  const clipTime = Math.min(...views.map(({ time }) => time));
  const told = notice;
  notice = null;
  return {
    probabilities,
    views: views.length,
    pixels,
    kept,
    clipTime,
    memory: work.memory(),
    notice: told,
  };
}

async function classify(context: CallContext, file: Blob): Promise<Classified> {
  return await whileOpen(
    await openVideo(file, context),
    (video) => classifyViews(context, video),
  );
}

async function classifyViews(
  { onProgress, signal }: CallContext,
  video: OpenedVideo,
): Promise<Classified> {
  const { settings: { clips, views: counts, model: { geometry } }, work } = prepared();
  const selector = await work.do(({ selector }) => Promise.resolve(selector));
  const views = evaluationViews(clips, selector, counts)(labelledVideo(video));
  const scored = [];
  for (const { frames, box } of views) {
    signal.throwIfAborted();
    const pixels = await video.clip(frames, geometry.imageSize, { signal, box });
    scored.push(await score(pixels));
    onProgress(scored.length / views.length);
  }
  const middle = (counts.segments >> 1) * counts.crops + (counts.crops >> 1);
  return joined(scored, middle);
}

async function classifyPixels(_: CallContext, pixels: Uint8Array): Promise<Classified> {
  return joined([await score(pixels)], 0);
}

async function candidates(): Promise<number> {
  const { settings: { model: { geometry } }, work } = prepared();
  return await work.do(({ selector }) => Promise.resolve(selector.candidateFrames(geometry)));
}

answerCalls<ShipCalls>({ start, classify, classifyPixels, candidates });
