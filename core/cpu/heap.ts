import * as tf from "@tensorflow/tfjs-core";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { canShareMemory, isShared, withSharedMemory } from "./shared_memory.ts";

/** The part of tfjs's Emscripten module that the engine uses. */
interface Allocator {
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/** What of a `BackendWasm` the engine reaches. */
export interface HeapBackend {
  readonly wasm: Allocator;
  readonly dataIdMap: { get(dataId: tf.DataId): { memoryOffset: number; refCount: number } };
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  incRef(dataId: tf.DataId): void;
  disposeData(dataId: tf.DataId): boolean;
}

/**
 * The heap of tfjs's wasm backend: where tensors live, and how new ones are made.
 *
 * Addresses are bytes from the start of the heap. The heap grows and never shrinks, and a view made before
 * it grew is detached, or ends where the heap ended: views are made for one use and never kept.
 */
export class Heap {
  readonly #backend: HeapBackend;

  /** Use {@linkcode openHeap}. */
  constructor(backend: HeapBackend, readonly memory: WebAssembly.Memory) {
    this.#backend = backend;
  }

  /** Bytes that the heap has grown to. */
  get bytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** Whether other threads can work on the heap. */
  get shared(): boolean {
    return isShared(this.memory);
  }

  /** Address of a tensor's values. A tensor of another backend is moved here first. */
  address(tensor: tf.TensorInfo): number {
    // tfjs keeps what _malloc returned, a signed number above 2 GiB
    return this.#backend.dataIdMap.get(tensor.dataId).memoryOffset >>> 0;
  }

  /** How many tensors share this tensor's values. */
  sharers(tensor: tf.TensorInfo): number {
    return this.#backend.dataIdMap.get(tensor.dataId).refCount;
  }

  /** The output of a tfjs kernel; its values are whatever the memory held. */
  output(shape: readonly number[], dtype: tf.DataType = "float32"): tf.TensorInfo {
    return this.#backend.makeOutput([...shape], dtype);
  }

  /** A new tensor; its values are whatever the memory held. */
  tensor<T extends tf.Tensor>(shape: readonly number[], dtype: tf.DataType = "float32"): T {
    return tf.engine().makeTensorFromTensorInfo(this.output(shape, dtype)) as T;
  }

  /** Another name of the same values, for the output of a tfjs kernel. */
  share({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
    this.#backend.dataIdMap.get(dataId); // moves values of another backend here
    this.#backend.incRef(dataId);
    return { dataId, shape, dtype };
  }

  /** A block of bytes outside any tensor; free it with {@linkcode Heap.free}. */
  allocate(bytes: number): number {
    return this.#backend.wasm._malloc(bytes) >>> 0;
  }

  /** Gives a block of {@linkcode Heap.allocate} back. */
  free(address: number): void {
    this.#backend.wasm._free(address);
  }

  /** Calls a function with a block of bytes that is free again afterwards. */
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
 * Makes `wasm` tfjs's backend and gives its heap. Asked again, it gives the same heap.
 *
 * @throws {Error} if the backend does not start, or was started by something else, when its memory
 * cannot be found any more
 */
export async function openHeap(): Promise<Heap> {
  // The threaded build starts workers of its own, for kernels that are not used here.
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  const memory = await findMemory(async () => {
    if (!await tf.setBackend("wasm")) {
      throw new Error("Cannot open the CPU engine: tfjs's wasm backend did not start");
    }
    await tf.ready();
  });
  const backend = tf.backend() as BackendWasm;
  let heap = heaps.get(backend);
  if (heap) return heap;
  if (!memory) {
    throw new Error(
      "Cannot open the CPU engine: tfjs's wasm backend must be opened by it, got one already running",
    );
  }
  const inner = backend as unknown as HeapBackend;
  guardAllocator(inner.wasm);
  heap = new Heap(inner, memory);
  heaps.set(backend, heap);
  return heap;
}

/**
 * The memory that a module instantiated while `start` runs exports; tfjs keeps it to itself. It is made a
 * shared one where threads can share memory.
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
 * Makes a failed allocation an error. tfjs does not look at what `_malloc` returns: at the limit it
 * would write tensors at address 0, over the allocator's own data.
 */
function guardAllocator(wasm: Allocator): void {
  wasm._free(wasm._malloc(1)); // Emscripten's first call replaces the function by the real one
  const malloc = wasm._malloc;
  wasm._malloc = (bytes) => {
    const address = bytes < 2 ** 32 ? malloc(bytes) : 0;
    if (address === 0) {
      throw new RangeError(
        "Cannot allocate a tensor: the CPU engine's heap is limited to 4 GiB, " +
          `got ${bytes} bytes, more than is left (a smaller batch or model fits)`,
      );
    }
    return address;
  };
}
