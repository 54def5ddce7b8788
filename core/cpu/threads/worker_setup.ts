/** Setup of a worker. */
export interface WorkerSetup {
  /** The shared heap. */
  memory: WebAssembly.Memory;
  /** The board's memory. */
  board: SharedArrayBuffer;
  /** Index of the worker, from 1; the main thread is part 0. */
  index: number;
  /** Number of workers. */
  workers: number;
  /** The BLAS library to load, or null for none. */
  library: string | null;
  /** Address of the worker's scratch memory. */
  scratch: number;
}

/** Message of a worker when it is ready. */
export const READY = "ready";
