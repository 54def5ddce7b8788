import * as tf from "@tensorflow/tfjs-core";
import type { Device } from "../device/device.ts";
import { openDevice } from "../device/open_device.ts";
import { findAdapter } from "../device/find_adapter.ts";
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

/** The backends of this machine: stock tfjs, the CPU engine and, if available, a GPU. */
export async function backendsHere(): Promise<Device["backend"][]> {
  return await findAdapter() === null ? ["cpu", "wasm"] : ["cpu", "wasm", "webgpu"];
}

/**
 * Runs work on a backend and checks for leaked tensors.
 *
 * @throws {ConformanceError} if tensors are leaked
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
 * Runs work on every backend of this machine and compares the results as JSON.
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
