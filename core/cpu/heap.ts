import * as tf from "@tensorflow/tfjs-core";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { canShareMemory, isShared, withSharedMemory } from "./shared_memory.ts";

/** The part of tfjs's Emscripten module that the engine uses. */
interface Allocator {
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/** The part of `BackendWasm` that the engine uses. */
export interface HeapBackend {
  readonly wasm: Allocator;
  readonly dataIdMap: { get(dataId: tf.DataId): { memoryOffset: number; refCount: number } };
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  incRef(dataId: tf.DataId): void;
  disposeData(dataId: tf.DataId): boolean;
}

/**
 * The heap of tfjs's wasm backend, which holds all tensors.
 *
 * Addresses are bytes from the start of the heap. The heap grows and never shrinks; growth detaches views or
 * leaves them too short, so views are made for one use and never kept.
 */
export class Heap {
  readonly #backend: HeapBackend;

  /** Use {@linkcode openHeap}. */
  constructor(backend: HeapBackend, readonly memory: WebAssembly.Memory) {
    this.#backend = backend;
  }

  /** Size of the heap in bytes. */
  get bytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** Whether threads share the heap. */
  get shared(): boolean {
    return isShared(this.memory);
  }

  /** Address of a tensor's values. A tensor of another backend is moved here first. */
  address(tensor: tf.TensorInfo): number {
    // tfjs stores the result of _malloc, which is negative above 2 GiB
    return this.#backend.dataIdMap.get(tensor.dataId).memoryOffset >>> 0;
  }

  /** Number of tensors that share this tensor's values. */
  sharers(tensor: tf.TensorInfo): number {
    return this.#backend.dataIdMap.get(tensor.dataId).refCount;
  }

  /** A tfjs kernel's output with uninitialised values. */
  output(shape: readonly number[], dtype: tf.DataType = "float32"): tf.TensorInfo {
    return this.#backend.makeOutput([...shape], dtype);
  }

  /** A new tensor with uninitialised values. */
  tensor<T extends tf.Tensor>(shape: readonly number[], dtype: tf.DataType = "float32"): T {
    return tf.engine().makeTensorFromTensorInfo(this.output(shape, dtype)) as T;
  }

  /** A tfjs kernel's output that shares a tensor's values. */
  share({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
    this.#backend.dataIdMap.get(dataId); // moves values of another backend here
    this.#backend.incRef(dataId);
    return { dataId, shape, dtype };
  }

  /** A block of bytes outside any tensor; free it with {@linkcode Heap.free}. */
  allocate(bytes: number): number {
    return this.#backend.wasm._malloc(bytes) >>> 0;
  }

  /** Frees a block of {@linkcode Heap.allocate}. */
  free(address: number): void {
    this.#backend.wasm._free(address);
  }

  /** Calls a function with a temporary block of bytes. */
  withScratch<T>(bytes: number, use: (address: number) => T): T {
    const address = this.allocate(bytes);
    try {
      return use(address);
    } finally {
      this.free(address);
    }
  }

  /** The float32 values at an address, until the heap next grows. */
  view(address: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, length);
  }

  /** The int32 values at an address; as {@linkcode Heap.view}. */
  integers(address: number, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, address, length);
  }

  /** The float64 values at an address; as {@linkcode Heap.view}. */
  doubles(address: number, length: number): Float64Array {
    return new Float64Array(this.memory.buffer, address, length);
  }

  /** The bytes at an address; as {@linkcode Heap.view}. */
  bytesAt(address: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, length);
  }
}

const heaps = new WeakMap<object, Heap>();

/**
 * Makes `wasm` tfjs's backend and returns its heap. Later calls return the same heap.
 *
 * @throws {Error} if the backend does not start, or was started elsewhere, so that its memory cannot be found
 */
export async function openHeap(): Promise<Heap> {
  // The threaded build starts its own workers, for kernels that are not used here.
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  const memory = await findMemory(async () => {
    if (!await tf.setBackend("wasm")) {
      throw new Error("Cannot load the CPU engine: tfjs's wasm backend did not start");
    }
    await tf.ready();
  });
  const backend = tf.backend() as BackendWasm;
  let heap = heaps.get(backend);
  if (heap) return heap;
  if (!memory) {
    throw new Error(
      "Cannot load the CPU engine: tfjs's wasm backend must not be running yet",
    );
  }
  const inner = backend as unknown as HeapBackend;
  guardAllocator(inner.wasm);
  heap = new Heap(inner, memory);
  heaps.set(backend, heap);
  return heap;
}

/**
 * The memory exported by a module that is instantiated while `start` runs, which tfjs does not expose. It is
 * made shared if threads can share memory.
 */
async function findMemory(start: () => Promise<void>): Promise<WebAssembly.Memory | undefined> {
  let memory: WebAssembly.Memory | undefined;
  const { instantiate, instantiateStreaming } = WebAssembly;
  const api = WebAssembly as unknown as Record<string, unknown>;
  const watched = async (
    source: BufferSource | WebAssembly.Module,
    imports: WebAssembly.Imports,
  ) => {
    const result: unknown = source instanceof WebAssembly.Module
      ? await instantiate.call(WebAssembly, source, imports)
      : await instantiate.call(WebAssembly, shareable(source), imports);
    const { exports } = (result as WebAssembly.WebAssemblyInstantiatedSource).instance ??
      result as WebAssembly.Instance;
    memory ??= Object.values(exports).find((value) => value instanceof WebAssembly.Memory);
    return result;
  };
  api.instantiate = watched;
  api.instantiateStreaming &&= async (
    response: Response | Promise<Response>,
    imports: WebAssembly.Imports,
  ) => await watched(await (await response).arrayBuffer(), imports);
  try {
    await start();
  } finally {
    api.instantiate = instantiate;
    if (instantiateStreaming) api.instantiateStreaming = instantiateStreaming;
  }
  return memory;
}

function shareable(source: BufferSource): BufferSource {
  if (!canShareMemory()) return source;
  return withSharedMemory(
    ArrayBuffer.isView(source)
      ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
      : new Uint8Array(source),
  );
}

/**
 * Turns a failed allocation into an error. tfjs does not check the result of `_malloc`: at the limit it would
 * write tensors at address 0, over the allocator's own data.
 */
function guardAllocator(wasm: Allocator): void {
  wasm._free(wasm._malloc(1)); // the first call replaces Emscripten's stub
  const malloc = wasm._malloc;
  wasm._malloc = (bytes) => {
    const address = bytes < 2 ** 32 ? malloc(bytes) : 0;
    if (address === 0) {
      throw new RangeError(
        "Cannot run on the CPU engine: its heap is limited to 4 GiB, " +
          `got ${bytes} bytes, more than is free; use a smaller batch or model`,
      );
    }
    return address;
  };
}
