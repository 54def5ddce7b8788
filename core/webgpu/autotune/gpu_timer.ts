import type { GpuQueue } from "../gpu_queue.ts";

/** Records a GPU timestamp in a separate pass after all submitted work. */
function stamp(device: GPUDevice, querySet: GPUQuerySet, index: number): void {
  const encoder = device.createCommandEncoder();
  const timestampWrites = { querySet, endOfPassWriteIndex: index };
  encoder.beginComputePass({ timestampWrites }).end();
  device.queue.submit([encoder.finish()]);
}

/** Nanoseconds between the two timestamps; GPU ticks if the runtime does not convert them. */
async function elapsed(device: GPUDevice, querySet: GPUQuerySet): Promise<number> {
  const { QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const resolved = device.createBuffer({ size: 16, usage: QUERY_RESOLVE | COPY_SRC });
  const staging = device.createBuffer({ size: 16, usage: COPY_DST | MAP_READ });
  const encoder = device.createCommandEncoder();
  encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
  encoder.copyBufferToBuffer(resolved, 0, staging, 0, 16);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const [from, to] = new BigUint64Array(staging.getMappedRange().slice(0));
  resolved.destroy();
  staging.destroy();
  return to > from ? Number(to - from) : 0;
}

/**
 * GPU time of the recorded work in milliseconds, by GPU timestamps if available, else by the host's clock.
 * wgpu reports ticks as nanoseconds, so only times of the same GPU are comparable.
 */
export async function gpuTime(queue: GpuQueue, record: () => void): Promise<number> {
  const { device } = queue;
  queue.flush();
  await device.queue.onSubmittedWorkDone();
  const hasClock = device.features.has("timestamp-query");
  const querySet = hasClock ? device.createQuerySet({ type: "timestamp", count: 2 }) : null;
  try {
    if (querySet) stamp(device, querySet, 0);
    const start = performance.now();
    record();
    queue.flush();
    if (querySet) stamp(device, querySet, 1);
    await device.queue.onSubmittedWorkDone();
    const wall = performance.now() - start;
    const nanoseconds = querySet ? await elapsed(device, querySet) : 0;
    return nanoseconds > 0 ? nanoseconds / 1e6 : wall; // some drivers write no timestamps in empty passes
  } finally {
    querySet?.destroy();
  }
}
