/**
 * A worker of a page for tests: runs the recorded cases on an engine of the page and posts what came out, or the error.
 */

import * as tf from "@tensorflow/tfjs-core";
import type { Device } from "@videoms/core";
import { type Comparison, passes } from "@videoms/core/testing";
import { parseGoldenCase } from "@videoms/models/testing";
import { verifyCase } from "../../tasks/commands/verify/verify_case.ts";
import { EngineWork, type OnDevice } from "../../studio/page/engine/engine_work.ts";
import type { EngineChoice } from "../../studio/page/engine/open_engine.ts";

/** What is asked of the worker. */
export interface GoldenRequest {
  backend: EngineChoice;
  /** Names of cases, which the page's server has as `<name>.safetensors`. */
  cases: string[];
  /** Whether the GPU is lost after them. @default false */
  loseGpu?: boolean;
}

/** What came out. */
export interface GoldenAnswer {
  sentence: string;
  threads: number;
  quantities: number;
  misses: Comparison[];
  /** What the visitor is told of the loss; null without one. */
  lost: string | null;
}

/** What is made on a device: a number that only it holds. */
function onDevice(device: Device): Promise<OnDevice & { two: tf.Scalar }> {
  const two = tf.scalar(2);
  return Promise.resolve({ device, two, [Symbol.dispose]: () => two.dispose() });
}

async function verify({ backend, cases, loseGpu }: GoldenRequest): Promise<GoldenAnswer> {
  const files = new URL(".", import.meta.url).href;
  let lost: string | null = null;
  const work = await EngineWork.open({ files, backend }, onDevice, (sentence) => lost = sentence);
  const { sentence } = work;
  return await work.do(async ({ device }) => {
    const all: Comparison[] = [];
    for (const name of cases) {
      const bytes = await (await fetch(`${files}${name}.safetensors`)).arrayBuffer();
      all.push(...await verifyCase(parseGoldenCase(new Uint8Array(bytes), name)!, device));
    }
    return { device, all };
  }).then(async ({ device, all }) => {
    if (loseGpu) await loseAndGoOn(work, device);
    return {
      sentence,
      threads: device.threads,
      quantities: all.length,
      misses: all.filter((one) => !passes(one)),
      lost,
    };
  });
}

/** Loses the GPU between two calls and within one; the work goes on, with what was made again. */
async function loseAndGoOn(
  work: EngineWork<OnDevice & { two: tf.Scalar }>,
  { queue }: Device,
): Promise<void> {
  const lose = (gpu: GPUDevice) => {
    gpu.destroy();
    return gpu.lost;
  };
  await lose(queue!.device);
  for (const loseWithin of [false, true]) {
    let isFirst = loseWithin;
    const four = await work.do(async ({ two, device }) => {
      if (isFirst && device.queue) await lose(device.queue.device);
      isFirst = false;
      return (await tf.add(two, two).data())[0];
    });
    if (four !== 4) throw new Error(`the sum must be 4, got ${four}`);
  }
}

/** A worker's own scope; Deno's types have none. */
const scope = globalThis as unknown as {
  onmessage: (event: { data: GoldenRequest }) => void;
  postMessage(message: unknown): void;
};

scope.onmessage = async ({ data }) =>
  scope.postMessage(
    await verify(data).catch((error) => ({ error: String(error?.stack ?? error) })),
  );
