/** GPU time of a kind of kernel. */
export interface KernelTime {
  /** The kind, such as `gemm nn`. */
  readonly kernel: string;
  /** How often it ran. */
  readonly dispatches: number;
  /** All its dispatches together, in milliseconds. */
  readonly milliseconds: number;
}

/** Most timestamps of a query set that WebGPU promises; a dispatch takes two. */
const TIMESTAMPS = 4096;

/** The kind of a shader: the words of its key before those that are numbers or settings. */
function kindOf(key: string): string {
  const words = key.split(/[ -]/);
  const end = words.findIndex((word) => /\d|^(true|false|null)$/.test(word));
  return words.slice(0, end === -1 ? undefined : Math.max(1, end)).join(" ");
}

/** Times dispatches by GPU timestamps, each in a pass of its own; the first 2,048 of them. */
export class GpuProfile {
  readonly #device: GPUDevice;
  readonly #querySet: GPUQuerySet;
  readonly #kinds: string[] = [];

  /** @throws {Error} if the device has no timestamps */
  constructor(device: GPUDevice) {
    if (!device.features.has("timestamp-query")) {
      throw new Error("Cannot time kernels: the GPU must have the feature timestamp-query");
    }
    this.#device = device;
    this.#querySet = device.createQuerySet({ type: "timestamp", count: TIMESTAMPS });
  }

  /** The pass of the next dispatch, or nothing if all timestamps are taken. */
  pass(key: string): GPUComputePassDescriptor | undefined {
    const index = 2 * this.#kinds.length;
    if (index === TIMESTAMPS) return undefined;
    this.#kinds.push(kindOf(key));
    return {
      timestampWrites: {
        querySet: this.#querySet,
        beginningOfPassWriteIndex: index,
        endOfPassWriteIndex: index + 1,
      },
    };
  }

  /** Waits for the GPU; times by kind, the longest first. All dispatches must have been submitted. */
  async read(): Promise<KernelTime[]> {
    const stamps = await this.#stamps();
    const times = new Map<string, KernelTime>();
    for (const [i, kernel] of this.#kinds.entries()) {
      const { dispatches = 0, milliseconds = 0 } = times.get(kernel) ?? {};
      const took = Number(stamps[2 * i + 1] - stamps[2 * i]) / 1e6;
      times.set(kernel, {
        kernel,
        dispatches: dispatches + 1,
        milliseconds: milliseconds + Math.max(0, took),
      });
    }
    return [...times.values()].sort((a, b) => b.milliseconds - a.milliseconds);
  }

  async #stamps(): Promise<BigUint64Array> {
    const count = 2 * this.#kinds.length;
    if (count === 0) return new BigUint64Array();
    const size = 8 * count;
    const { QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
    const resolved = this.#device.createBuffer({ size, usage: QUERY_RESOLVE | COPY_SRC });
    const staging = this.#device.createBuffer({ size, usage: COPY_DST | MAP_READ });
    const encoder = this.#device.createCommandEncoder();
    encoder.resolveQuerySet(this.#querySet, 0, count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, size);
    this.#device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const stamps = new BigUint64Array(staging.getMappedRange().slice(0));
    for (const buffer of [resolved, staging]) buffer.destroy();
    this.#querySet.destroy();
    return stamps;
  }
}
