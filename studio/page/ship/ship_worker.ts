/** The worker of the page: it decodes and classifies, so that the page stays responsive. */

import { softmax } from "@videoms/models";
import { type ClassifiedClips, classifyClips } from "../classify/mod.ts";
import { EngineWork } from "../engine/engine_work.ts";
import { pageRegistry } from "../network/page_registry.ts";
import type { ElsewhereFacts } from "../parts/taken_frames.ts";
import { whileOpen } from "../parts/while_open.ts";
import { answerCalls, type CallContext } from "../parts/worker_calls.ts";
import { evenlyTimed, labelledVideo } from "../video/labelled_video.ts";
import { openVideo } from "../video/open_video.ts";
import { evaluationViews } from "../views/mod.ts";
import type { Classified, ShipCalls, ShownView } from "./ship_messages.ts";
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

/** The views of a video over which probabilities are averaged. */
async function viewsOf(video: Parameters<typeof labelledVideo>[0]): Promise<ShownView[]> {
  const { settings: { clips, views: counts }, work } = prepared();
  const selector = await work.do(({ selector }) => Promise.resolve(selector));
  return evaluationViews(clips, selector, counts)(labelledVideo(video))
    .map(({ frames, box }) => ({ frames, box }));
}

/** The mean over views, whose pixels are taken one after the other. */
async function classifyEach<T>(
  { onProgress, signal }: CallContext,
  views: readonly T[],
  take: (view: T) => Promise<Uint8Array>,
): Promise<Classified> {
  const { segments, crops } = prepared().settings.views;
  const scored = [];
  for (const view of views) {
    signal.throwIfAborted();
    scored.push(await score(await take(view)));
    onProgress(scored.length / views.length);
  }
  return joined(scored, (segments >> 1) * crops + (crops >> 1));
}

async function classify(context: CallContext, file: Blob): Promise<Classified> {
  const { imageSize } = prepared().settings.model.geometry;
  return await whileOpen(await openVideo(file, context), async (video) => {
    const take = ({ frames, box }: ShownView) =>
      video.clip(frames, imageSize, { signal: context.signal, box });
    return await classifyEach(context, await viewsOf(video), take);
  });
}

async function views(_: CallContext, facts: ElsewhereFacts): Promise<ShownView[]> {
  return await viewsOf(evenlyTimed(facts));
}

async function classifyViews(
  context: CallContext,
  clips: readonly Uint8Array[],
): Promise<Classified> {
  return await classifyEach(context, clips, (clip) => Promise.resolve(clip));
}

async function classifyPixels(_: CallContext, pixels: Uint8Array): Promise<Classified> {
  return joined([await score(pixels)], 0);
}

async function candidates(): Promise<number> {
  const { settings: { model: { geometry } }, work } = prepared();
  return await work.do(({ selector }) => Promise.resolve(selector.candidateFrames(geometry)));
}

answerCalls<ShipCalls>({ start, classify, views, classifyViews, classifyPixels, candidates });
