/** What a worker starts from. */
export interface WorkerSetup {
  /** The heap, shared. */
  memory: WebAssembly.Memory;
  /** Memory of the board. */
  board: SharedArrayBuffer;
  /** Number of the worker, from 1: the main thread is part 0. */
  index: number;
  /** Workers in all. */
  workers: number;
  /** The BLAS library to load, or null for none. */
  library: string | null;
  /** Address of the worker's scratch memory. */
  scratch: number;
}

/** What a worker answers when it is ready. */
export const READY = "ready";
