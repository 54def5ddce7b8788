import * as tf from "@tensorflow/tfjs-core";
import { type Device, openDevice } from "../device/open_device.ts";
import { findAdapter } from "../device/webgpu_device.ts";
import { requireThat } from "./conformance_check.ts";

const opened = new Map<Device["backend"], Promise<Device>>();

/** Opens a backend once, and makes it current. */
async function useBackend(backend: Device["backend"]): Promise<Device> {
  let device = opened.get(backend);
  if (!device) opened.set(backend, device = openDevice({ backend }));
  const ready = await device;
  await tf.setBackend(backend);
  return ready;
}

/** The backends of this machine: plain tfjs, the CPU engine and, where there is one, a GPU. */
export async function backendsHere(): Promise<Device["backend"][]> {
  return await findAdapter() === null ? ["cpu", "wasm"] : ["cpu", "wasm", "webgpu"];
}

/**
 * Runs work on a backend, which must leave as many tensors as it found.
 *
 * @throws {ConformanceError} if it leaves others
 */
export async function onBackend<Result>(
  backend: Device["backend"],
  work: () => Promise<Result>,
): Promise<Result> {
  const device = await useBackend(backend);
  const before = tf.memory().numTensors;
  const result = await work();
  device.check();
  const left = tf.memory().numTensors - before;
  requireThat(left === 0, "no tensor must be left behind", left);
  return result;
}

/**
 * Runs work on every backend of this machine and compares what comes of it, as JSON.
 *
 * @returns the result
 * @throws {ConformanceError} if backends disagree
 */
export async function onEveryBackend<Result>(work: () => Promise<Result>): Promise<Result> {
  const [first, ...others] = await backendsHere();
  const expected = await onBackend(first, work);
  for (const backend of others) {
    const result = await onBackend(backend, work);
    requireThat(
      JSON.stringify(result) === JSON.stringify(expected),
      `${backend} must give what ${first} gives`,
    );
  }
  return expected;
}
