import * as tf from "@tensorflow/tfjs-core";
import type { BackendParts, BufferRange, TensorData } from "./backend_parts.ts";
import { BufferPool } from "./buffer_pool.ts";

export type { BufferRange } from "./backend_parts.ts";

/** The same memory as bytes: the only array that every WebGPU takes for any element type. */
function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

/**
 * Memory of tensors in tfjs's WebGPU backend. tfjs gives each tensor its own buffer; here it can also be part
 * of a larger buffer, so that one dispatch handles many. Stock operations treat such a tensor like any other.
 */
export class GpuMemory {
  readonly #backend: BackendParts;
  readonly #pool: BufferPool;
  readonly #flush: () => void;
  readonly #failure: () => Error | null;
  readonly #halves = new WeakSet<tf.DataId>();
  readonly #halfCopies = new WeakMap<tf.DataId, () => tf.TensorInfo>();

  /**
   * Overrides buffers, uploads, bindings and reads of the backend.
   *
   * @param flush submits recorded commands
   * @param failure the GPU's failure so far
   */
  constructor(backend: BackendParts, flush: () => void, failure: () => Error | null) {
    this.#backend = backend;
    this.#failure = failure;
    this.#pool = new BufferPool(backend);
    this.#flush = flush;
    backend.releaseResource = (dataId) => this.#release(dataId);
    backend.uploadToGPU = (dataId) => {
      const data = backend.tensorMap.get(dataId);
      if (!data.resource) this.#upload(data);
    };
    const toBinding = backend.tensorToBinding.bind(backend);
    backend.tensorToBinding = (tensor) => {
      if (tensor && this.isHalf(tensor)) {
        throw new Error(
          "Cannot run a stock operation on a half-precision tensor: only our kernels may read it, " +
            `got one of shape [${tensor.shape}]`,
        );
      }
      const { external, range } = tensor ? backend.tensorMap.get(tensor.dataId) : {};
      return external && range || toBinding(tensor);
    };
    const read = backend.read.bind(backend);
    backend.read = async (dataId) => {
      const { shape, dtype, external, range } = backend.tensorMap.get(dataId);
      if (tf.util.sizeFromShape(shape) === 0) {
        return tf.util.getTypedArrayFromDType(dtype as tf.NumericDataType, 0);
      }
      if (this.#halves.has(dataId)) return await this.#readHalf(dataId);
      // Never cached, since kernels change such tensors in place, many at a time.
      return external && range ? await this.read(range) : await this.#waitFor(read(dataId));
    };
  }

  /** Location of a tensor's values; uploads them if they are still on the host. */
  rangeOf(tensor: tf.TensorInfo): BufferRange {
    return this.#locate(this.#backend.tensorMap.get(tensor.dataId));
  }

  /** {@linkcode GpuMemory.rangeOf} for a command, which the tensor's buffer outlives. */
  use({ dataId }: tf.TensorInfo, isWritten: boolean): BufferRange {
    const { tensorMap, commandQueueOwnedIds } = this.#backend;
    const data = tensorMap.get(dataId);
    const range = this.#locate(data);
    if (isWritten) data.values = null;
    commandQueueOwnedIds.add(dataId);
    return range;
  }

  #locate(data: TensorData): BufferRange {
    if (!data.resource) this.#upload(data);
    return data.range ??= this.#pool.whole(data.resource!);
  }

  /**
   * A tensor whose values are stored in half precision, two in place of one. To tfjs it is float32: its
   * values can be read as such, but stock operations reject it. Tensors that share its values (`tf.clone`,
   * `tf.reshape`) are half-precision too.
   */
  half(shape: readonly number[]): tf.TensorInfo {
    const backend = this.#backend;
    const info = backend.makeTensorInfo([...shape], "float32");
    // Buffer sizes are multiples of 4 bytes; an empty tensor can still be bound.
    const bytes = 4 * Math.ceil(tf.util.sizeFromShape(info.shape) / 2) || 16;
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    const usage = STORAGE | COPY_SRC | COPY_DST;
    backend.tensorMap.get(info.dataId).resource = backend.bufferManager.acquireBuffer(bytes, usage);
    this.#halves.add(info.dataId);
    return info;
  }

  /** A tensor in half precision that is a part of a buffer; {@linkcode GpuMemory.endView} ends it. */
  halfView(shape: readonly number[], range: BufferRange): tf.TensorInfo {
    const info = this.#backend.makeTensorInfo([...shape], "float32");
    const data = this.#backend.tensorMap.get(info.dataId);
    data.resource = range.buffer;
    data.external = true;
    data.range = range;
    this.#halves.add(info.dataId);
    return info;
  }

  /** Ends a view and leaves its buffer. */
  endView(view: tf.TensorInfo): void {
    this.#flush(); // commands that use it must be submitted first
    this.#backend.disposeData(view.dataId, true);
  }

  /** Says who keeps a copy of a float32 tensor in half precision; null for nobody. */
  setHalfCopy(tensor: tf.TensorInfo, copy: (() => tf.TensorInfo) | null): void {
    if (copy) this.#halfCopies.set(tensor.dataId, copy);
    else this.#halfCopies.delete(tensor.dataId);
  }

  /** An up-to-date copy of a tensor in half precision, or null if nobody keeps one. */
  halfCopyOf(tensor: tf.TensorInfo): tf.TensorInfo | null {
    return this.#halfCopies.get(tensor.dataId)?.() ?? null;
  }

  /** Whether a tensor's values are stored in half precision. */
  isHalf(tensor: tf.TensorInfo): boolean {
    return this.#halves.has(tensor.dataId);
  }

  /**
   * Copies the values of a tensor into part of a buffer, in the order of recorded commands.
   *
   * @throws {Error} if they are stored in half precision
   */
  copy(from: tf.TensorInfo, to: BufferRange): void {
    if (this.isHalf(from)) {
      throw new Error(`Cannot read a half-precision tensor of shape [${from.shape}] as float32`);
    }
    const range = this.use(from, false);
    this.#copyBytes(range, to, Math.min(range.size, to.size)); // an empty tensor has a few bytes
  }

  /** Writes a tensor's values into part of a buffer; values still on the host need no buffer of their own. */
  put(from: tf.TensorInfo, to: BufferRange): void {
    const { values, resource } = this.#backend.tensorMap.get(from.dataId);
    if (values && !resource) this.write(to, values as Float32Array<ArrayBuffer>);
    else this.copy(from, to);
  }

  /**
   * A tensor of zeros in an exclusive buffer. tfjs neither counts nor tidies it; {@linkcode
   * GpuMemory.release} frees it.
   */
  reserve(values: number): tf.TensorInfo {
    const backend = this.#backend;
    const info = backend.makeTensorInfo([values], "float32");
    const data = backend.tensorMap.get(info.dataId);
    data.resource = this.#fresh(4 * values);
    data.external = true; // kept out of the pool, whose buffers are not cleared
    return info;
  }

  /** Frees a tensor of {@linkcode GpuMemory.reserve}. */
  release(reserved: tf.TensorInfo): void {
    const { buffer } = this.rangeOf(reserved);
    this.#flush(); // commands that use it must be submitted first
    this.#backend.disposeData(reserved.dataId, true);
    this.#backend.bufferManager.releaseBuffer(buffer, false);
  }

  /** Moves a tensor, and all that share its values, into part of a buffer. */
  place(tensor: tf.TensorInfo, to: BufferRange): void {
    const backend = this.#backend;
    const data = backend.tensorMap.get(tensor.dataId);
    this.put(tensor, to);
    if (data.resource && !data.external) backend.stagingPendingDisposal.push(data.resource);
    data.values = null;
    data.resource = to.buffer;
    data.external = true;
    data.range = to;
  }

  /** Moves a placed tensor back to its own buffer. */
  withdraw(tensor: tf.TensorInfo): void {
    const data = this.#backend.tensorMap.get(tensor.dataId);
    const { external, range } = data;
    if (!external || !range) return;
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    const usage = STORAGE | COPY_SRC | COPY_DST;
    const buffer = this.#backend.bufferManager.acquireBuffer(range.size, usage);
    this.#copyBytes(range, { buffer, offset: 0, size: range.size }, range.size);
    data.range = null;
    data.resource = buffer;
    data.external = false;
  }

  /**
   * Waits for values.
   *
   * @throws {Error} the GPU's failure, if it has failed, in place of what follows from that
   */
  async #waitFor<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      await new Promise((resolve) => setTimeout(resolve)); // a loss is told after what follows from it
      throw this.#failure() ?? error;
    }
  }

  /** Reads part of a buffer; waits for the GPU. */
  async read(range: BufferRange): Promise<Float32Array> {
    const staging = this.#backend.device.createBuffer({
      size: range.size,
      usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
    });
    this.#copyBytes(range, { buffer: staging, offset: 0, size: range.size }, range.size);
    this.#flush();
    await this.#waitFor(staging.mapAsync(GPUMapMode.READ));
    const values = new Float32Array(staging.getMappedRange().slice(0));
    staging.destroy();
    return values;
  }

  /** Writes host values into part of a buffer, after all recorded commands. */
  write({ buffer, offset }: BufferRange, values: Float32Array<ArrayBuffer>): void {
    this.#flush(); // writes are immediate, recorded commands run when submitted
    this.#backend.queue.writeBuffer(buffer, offset, bytesOf(values));
  }

  async #readHalf(dataId: tf.DataId): Promise<Float32Array> {
    const data = this.#backend.tensorMap.get(dataId);
    const stored = await this.read(this.#locate(data));
    return new Float32Array(new Float16Array(stored.buffer, 0, tf.util.sizeFromShape(data.shape)));
  }

  /** tfjs's own finds no buffer of another WebGPU than the runtime's to be one, and keeps it. */
  #release(dataId: tf.DataId): void {
    const backend = this.#backend;
    if (!backend.tensorMap.has(dataId)) return;
    const data = backend.tensorMap.get(dataId);
    if (data.resource && !data.external) backend.bufferManager.releaseBuffer(data.resource);
    data.resource = data.range = null;
  }

  #fresh(bytes: number): GPUBuffer {
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    const usage = STORAGE | COPY_SRC | COPY_DST;
    return this.#backend.bufferManager.acquireBuffer(bytes, usage, false, false);
  }

  #copyBytes(from: BufferRange, to: BufferRange, bytes: number): void {
    const backend = this.#backend;
    backend.ensureCommandEncoderReady();
    backend.endComputePassEncoder();
    backend.commandEncoder!.copyBufferToBuffer(
      from.buffer,
      from.offset,
      to.buffer,
      to.offset,
      bytes,
    );
  }

  #upload(data: TensorData): void {
    const backend = this.#backend;
    // An empty tensor gets the size of the largest binding element, a vector of four. Others have their exact
    // size, since tfjs reads whole buffers.
    const bytes = 4 * tf.util.sizeFromShape(data.shape) || 16;
    // A recycled buffer is free only after the submit of its last use, so writing it now is safe.
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    const buffer = backend.bufferManager.acquireBuffer(bytes, STORAGE | COPY_SRC | COPY_DST);
    data.resource = buffer;
    if (data.values && data.values.byteLength > 0) {
      const values = data.dtype === "bool"
        ? Int32Array.from(data.values as Uint8Array)
        : data.values;
      backend.queue.writeBuffer(buffer, 0, bytesOf(values));
    }
  }
}
