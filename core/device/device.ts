import type * as tf from "@tensorflow/tfjs-core";
import type { AdamWMaker } from "../optimizer/adamw_kernel.ts";
import type { AdapterSummary, GpuChoice } from "../webgpu/adapter_summary.ts";
import type { GpuQueue } from "../webgpu/gpu_queue.ts";

/** Backends that can be requested. */
export const BACKENDS = ["auto", "webgpu", "wasm", "cpu"] as const;

/** A requested backend. */
export type BackendChoice = typeof BACKENDS[number];

/** Storage precisions of values within transformer blocks. */
export const PRECISIONS = ["f32", "f16"] as const;

/** Storage precision of values within transformer blocks. */
export type Precision = typeof PRECISIONS[number];

/**
 * A compute device, owned by its opener: disposing of a backend's last device frees its memory and makes the
 * previously opened device tfjs's current one again.
 */
export interface Device extends AdamWMaker, AsyncDisposable {
  /** The tfjs backend. */
  readonly backend: Exclude<BackendChoice, "auto">;
  /** One-line description of the backend and hardware. */
  readonly description: string;
  /** Storage precision of values within transformer blocks; everything else is float32. */
  readonly precision: Precision;
  /** The GPU, or null on a CPU backend. */
  readonly adapter: AdapterSummary | null;
  /** The BLAS library of the CPU engine, or null. */
  readonly blas: string | null;
  /** Threads of the CPU engine; 1 elsewhere. */
  readonly threads: number;
  /** The GPU command queue, or null on a CPU backend. */
  readonly queue: GpuQueue | null;
  /** Float32 values of a tensor where they lie, until the next operation; null on a GPU. */
  readonly view: ((tensor: tf.Tensor) => Float32Array) | null;
  /**
   * Waits until the device has finished all work; immediate on a CPU. Without occasional waits, a program
   * that reads nothing back runs ahead of the GPU.
   */
  settle(): Promise<void>;
  /**
   * Throws the error that the GPU reported, if any.
   *
   * @throws {Error} the GPU's message
   */
  check(): void;
}

/** Options of {@linkcode openDevice}. */
export interface DeviceOptions {
  /** `auto` uses a GPU if there is one, else the CPU engine; runs of tasks time both. @default "auto" */
  backend?: BackendChoice;
  /**
   * The WebGPU: `deno` is the runtime's own, in a browser the browser's; `dawn` is Chromium's, which has
   * subgroups and matrix units, from npm package webgpu. @default "deno"
   */
  gpu?: GpuChoice;
  /** One of several GPUs: its number, or a part of its name. @default the most powerful one */
  adapter?: string;
  /**
   * The place, from 0, of this process among those that take the GPUs of Dawn in turns, where no adapter is named.
   * @default 0
   */
  turn?: number;
  /**
   * Whether kernels on Dawn clamp indices, so that a faulty one computes nonsense and does not lose the
   * device; slower. Deno's own WebGPU always does. @default false, true after a device was lost without
   */
  checks?: boolean;
  /** `false` keeps kernels from using the GPU's matrix units. @default true, where it has any */
  matrixUnits?: boolean;
  /** Folder or URL of tfjs's wasm files, for browsers; found automatically elsewhere. */
  wasmPaths?: string;
  /** URL of `@videoms/core/thread` as the page serves it, for bundled pages; found automatically elsewhere. */
  threadModule?: string;
  /** `none` keeps the CPU engine from loading a BLAS library. @default "auto" */
  blas?: "auto" | "none";
  /** Threads of the CPU engine. @default one per core */
  threads?: number;
  /**
   * `f16` stores values within transformer blocks in half precision, on a GPU that supports it: half the
   * memory and memory traffic for them. Sums, weights, the residual stream and the optimiser stay float32,
   * and gradients carry a dynamic loss scale (Micikevicius et al.: arXiv 1710.03740). On matrix units, which
   * Dawn offers, products round the operands that are float32, except in forward passes outside blocks.
   * @default "f32"
   */
  precision?: Precision;
}
