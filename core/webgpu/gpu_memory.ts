import * as tf from "@tensorflow/tfjs-core";
import type { BackendParts } from "./backend_parts.ts";

/** Part of a buffer. */
export interface BufferRange {
  /** The whole buffer. */
  buffer: GPUBuffer;
  /** Bytes from the buffer's start; a multiple of 256. */
  offset: number;
  /** Bytes. */
  size: number;
}

/**
 * Where tensors of tfjs's WebGPU backend lie. tfjs gives each a buffer of its own; here a tensor can
 * also be part of a larger buffer, so that one dispatch works on many. To stock operations such a
 * tensor is like any other.
 */
export class GpuMemory {
  readonly #backend: BackendParts;
  readonly #flush: () => void;
  readonly #ranges = new WeakMap<tf.DataId, BufferRange>();
  readonly #halves = new WeakSet<tf.DataId>();

  /** Takes over uploads, bindings and reads of the backend; `flush` submits what was recorded. */
  constructor(backend: BackendParts, flush: () => void) {
    this.#backend = backend;
    this.#flush = flush;
    backend.uploadToGPU = (dataId) => this.#upload(dataId);
    const toBinding = backend.tensorToBinding.bind(backend);
    backend.tensorToBinding = (tensor) => {
      if (tensor && this.isHalf(tensor)) {
        throw new Error(
          "Cannot compute with a half-precision tensor: only kernels that know it may read it, " +
            `got one of shape [${tensor.shape}] in a stock operation`,
        );
      }
      return tensor && this.#ranges.get(tensor.dataId) || toBinding(tensor);
    };
    const read = backend.read.bind(backend);
    backend.read = async (dataId) => {
      const { shape, dtype } = backend.tensorMap.get(dataId);
      if (tf.util.sizeFromShape(shape) === 0) {
        return tf.util.getTypedArrayFromDType(dtype as tf.NumericDataType, 0);
      }
      if (this.#halves.has(dataId)) return await this.#readHalf(dataId);
      const range = this.#ranges.get(dataId);
      // Never cached: kernels change such tensors in place, many at a time.
      return range ? await this.read(range) : await read(dataId);
    };
  }

  /** Where a tensor's values lie; uploads them if they are still on the host. */
  rangeOf(tensor: tf.TensorInfo): BufferRange {
    const own = this.#ranges.get(tensor.dataId);
    if (own) return own;
    this.#upload(tensor.dataId);
    const buffer = this.#backend.tensorMap.get(tensor.dataId).resource!;
    return { buffer, offset: 0, size: buffer.size };
  }

  /**
   * A tensor whose values are stored in half precision, two in the place of one. To tfjs it is of
   * float32: its values can be read as such, but stock operations refuse it. Tensors that share its
   * values (`tf.clone`, `tf.reshape`) are half-precision too.
   */
  half(shape: readonly number[]): tf.TensorInfo {
    const backend = this.#backend;
    const info = backend.makeTensorInfo([...shape], "float32");
    // Buffers are of whole numbers of 4 bytes; an empty tensor can still be bound.
    const bytes = 4 * Math.ceil(tf.util.sizeFromShape(info.shape) / 2) || 16;
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    const usage = STORAGE | COPY_SRC | COPY_DST;
    backend.tensorMap.get(info.dataId).resource = backend.bufferManager.acquireBuffer(bytes, usage);
    this.#halves.add(info.dataId);
    return info;
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
      throw new Error(`Cannot copy a half-precision tensor of shape [${from.shape}] as float32`);
    }
    const { size } = this.rangeOf(from);
    this.#backend.commandQueueOwnedIds.add(from.dataId);
    this.#copyBytes(this.rangeOf(from), to, Math.min(size, to.size));
  }

  /**
   * Gives part of a buffer the values of a tensor; those that are still on the host go there without
   * a buffer of their own.
   */
  put(from: tf.TensorInfo, to: BufferRange): void {
    const { values, resource } = this.#backend.tensorMap.get(from.dataId);
    if (values && !resource) this.write(to, values as Float32Array<ArrayBuffer>);
    else this.copy(from, to);
  }

  /**
   * A tensor of zeros in a buffer that no other tensor gets, before or after it. tfjs neither counts
   * nor tidies it; {@linkcode GpuMemory.release} frees it.
   */
  reserve(values: number): tf.TensorInfo {
    const backend = this.#backend;
    const info = backend.makeTensorInfo([values], "float32");
    const data = backend.tensorMap.get(info.dataId);
    data.resource = this.#fresh(4 * values);
    data.external = true; // kept out of the pool, which hands buffers out as they were left
    return info;
  }

  /** Frees a tensor of {@linkcode GpuMemory.reserve}. */
  release(reserved: tf.TensorInfo): void {
    const { buffer } = this.rangeOf(reserved);
    this.#flush(); // commands that use it must be submitted before it is destroyed
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
    this.#ranges.set(tensor.dataId, to);
  }

  /** Moves a tensor that was placed into a buffer of its own again. */
  withdraw(tensor: tf.TensorInfo): void {
    const range = this.#ranges.get(tensor.dataId);
    if (!range) return;
    const data = this.#backend.tensorMap.get(tensor.dataId);
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    const usage = STORAGE | COPY_SRC | COPY_DST;
    const buffer = this.#backend.bufferManager.acquireBuffer(range.size, usage);
    this.#copyBytes(range, { buffer, offset: 0, size: range.size }, range.size);
    this.#ranges.delete(tensor.dataId);
    data.resource = buffer;
    data.external = false;
  }

  /** The values of part of a buffer on the host; waits for the GPU. */
  async read(range: BufferRange): Promise<Float32Array> {
    const staging = this.#backend.device.createBuffer({
      size: range.size,
      usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
    });
    this.#copyBytes(range, { buffer: staging, offset: 0, size: range.size }, range.size);
    this.#flush();
    await staging.mapAsync(GPUMapMode.READ);
    const values = new Float32Array(staging.getMappedRange().slice(0));
    staging.destroy();
    return values;
  }

  /** Writes host values into part of a buffer, after everything that was recorded. */
  write({ buffer, offset }: BufferRange, values: Float32Array<ArrayBuffer>): void {
    this.#flush(); // a write happens at once, recorded commands only when they are submitted
    this.#backend.queue.writeBuffer(buffer, offset, values);
  }

  async #readHalf(dataId: tf.DataId): Promise<Float32Array> {
    const { shape, resource } = this.#backend.tensorMap.get(dataId);
    const stored = await this.read({ buffer: resource!, offset: 0, size: resource!.size });
    return new Float32Array(new Float16Array(stored.buffer, 0, tf.util.sizeFromShape(shape)));
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

  #upload(dataId: tf.DataId): void {
    const backend = this.#backend;
    const data = backend.tensorMap.get(dataId);
    if (data.resource) return;
    // An empty tensor can still be bound: a vector of four is the longest element of a binding. All
    // others have exactly their bytes, since tfjs reads whole buffers.
    const bytes = 4 * tf.util.sizeFromShape(data.shape) || 16;
    // A recycled buffer is free only after the submit of its last use, so writing it now is in order.
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    const buffer = backend.bufferManager.acquireBuffer(bytes, STORAGE | COPY_SRC | COPY_DST);
    data.resource = buffer;
    if (data.values && data.values.byteLength > 0) {
      const values = data.dtype === "bool"
        ? Int32Array.from(data.values as Uint8Array)
        : data.values;
      backend.queue.writeBuffer(buffer, 0, values as Int32Array<ArrayBuffer>);
    }
  }
}
