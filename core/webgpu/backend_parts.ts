import type * as tf from "@tensorflow/tfjs-core";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";

/** Part of a buffer. */
export interface BufferRange {
  /** The whole buffer. */
  buffer: GPUBuffer;
  /** Bytes from the buffer's start; a multiple of 256. */
  offset: number;
  /** Bytes. */
  size: number;
}

/** A tensor in tfjs's WebGPU backend. */
export interface TensorData {
  dtype: tf.DataType;
  shape: number[];
  /** Values on the host: not uploaded yet, or read back. */
  values: ArrayBufferView | null;
  resource?: GPUBuffer | null;
  /** Whether `resource` has another owner and must not be recycled. */
  external?: boolean;
  /** Ours: the part of `resource` that has the values, once it has been asked for. */
  range?: BufferRange | null;
}

/** The part of tfjs's WebGPU backend that is used here: private, but plain fields. */
export interface BackendParts {
  device: GPUDevice;
  queue: GPUQueue;
  tensorMap: { get(dataId: tf.DataId): TensorData; has(dataId: tf.DataId): boolean };
  bufferManager: {
    acquireBuffer(size: number, usage: number, mapped?: boolean, reuse?: boolean): GPUBuffer;
    releaseBuffer(buffer: GPUBuffer, reuse?: boolean): void;
    numBytesAllocated: number;
    numBytesUsed: number;
    dispose(): void;
  };
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  commandQueueOwnedIds: WeakSet<object>;
  /** Buffers that the next submit destroys. */
  stagingPendingDisposal: GPUBuffer[];
  dispatchCountInPass: number;
  makeTensorInfo(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  disposeData(dataId: tf.DataId, force?: boolean): boolean;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  uploadToGPU(dataId: tf.DataId): void;
  tensorToBinding(tensor?: tf.TensorInfo): GPUBindingResource | null;
  read(dataId: tf.DataId): Promise<ArrayBufferView>;
  /** Gives a tensor's buffer back, unless it has another owner. */
  releaseResource(dataId: tf.DataId): void;
}

const REQUIRED: readonly (keyof BackendParts)[] = [
  "tensorMap",
  "bufferManager",
  "commandQueueOwnedIds",
  "stagingPendingDisposal",
  "makeTensorInfo",
  "disposeData",
  "ensureCommandEncoderReady",
  "endComputePassEncoder",
  "submitQueue",
  "uploadToGPU",
  "tensorToBinding",
  "read",
  "releaseResource",
];

/**
 * Accesses the private parts of a backend.
 *
 * @throws {Error} if the backend is not that of tfjs 4.22.0
 */
export function backendParts(backend: WebGPUBackend): BackendParts {
  const parts = backend as unknown as BackendParts;
  for (const name of REQUIRED) {
    if (parts[name] === undefined) {
      throw new Error(
        `Cannot run on tfjs's WebGPU backend: it must have "${name}" as in 4.22.0, got another version`,
      );
    }
  }
  return parts;
}
