import * as tf from "@tensorflow/tfjs-core";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";

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
 * Addresses are bytes from the start of the heap. The heap grows and never shrinks, and growth
 * detaches every view on it, so views are made for one use and never kept.
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

  /** Address of a tensor's values. A tensor of another backend is moved here first. */
  address(tensor: tf.TensorInfo): number {
    // tfjs keeps what _malloc returned, a signed number above 2 GiB
    return this.#backend.dataIdMap.get(tensor.dataId).memoryOffset >>> 0;
  }

  /** How many tensors share this tensor's values. */
  sharers(tensor: tf.TensorInfo): number {
    return this.#backend.dataIdMap.get(tensor.dataId).refCount;
  }

  /** The output of a tfjs kernel, float32; its values are whatever the memory held. */
  output(shape: readonly number[]): tf.TensorInfo {
    return this.#backend.makeOutput([...shape], "float32");
  }

  /** A new float32 tensor; its values are whatever the memory held. */
  tensor<T extends tf.Tensor>(shape: readonly number[]): T {
    return tf.engine().makeTensorFromTensorInfo(this.output(shape)) as T;
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

  /** The values at an address, until the heap next grows. */
  view(address: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, length);
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
  // The threaded build has a shared memory, which the SIMD module cannot import.
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

/** The memory that a module instantiated while `start` runs exports; tfjs keeps it to itself. */
async function findMemory(start: () => Promise<void>): Promise<WebAssembly.Memory | undefined> {
  let memory: WebAssembly.Memory | undefined;
  const { instantiate, instantiateStreaming } = WebAssembly;
  // deno-lint-ignore no-explicit-any -- both functions have several forms, passed on as they are
  const watched = (original: (...args: any[]) => Promise<any>) => async (...args: any[]) => {
    const result = await original.apply(WebAssembly, args);
    const { exports } = (result.instance ?? result) as WebAssembly.Instance;
    memory ??= Object.values(exports).find((value) => value instanceof WebAssembly.Memory);
    return result;
  };
  const api = WebAssembly as unknown as Record<string, unknown>;
  api.instantiate = watched(instantiate);
  if (instantiateStreaming) api.instantiateStreaming = watched(instantiateStreaming);
  try {
    await start();
  } finally {
    api.instantiate = instantiate;
    if (instantiateStreaming) api.instantiateStreaming = instantiateStreaming;
  }
  return memory;
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
