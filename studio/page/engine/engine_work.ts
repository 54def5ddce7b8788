import type { Device } from "@videoms/core";
import * as tf from "@tensorflow/tfjs-core";
import { type Engine, type EngineOptions, openEngine } from "./open_engine.ts";

/** What is made on a device and must be made again on another one. */
export interface OnDevice extends Disposable {
  readonly device: Device;
}

/** What a page holds for its network. */
export interface WorkMemory {
  /** Of all tensors, in bytes. */
  readonly bytes: number;
  readonly tensors: number;
}

/**
 * Work of a page on an engine, which outlives the GPU: where that is lost, or fails otherwise, the engine is opened
 * again, by the CPU if need be, what was made on it is made again, and the work is done anew.
 */
export class EngineWork<T extends OnDevice> {
  readonly #options: EngineOptions;
  readonly #make: (device: Device) => Promise<T>;
  readonly #onLost: (sentence: string) => void;
  #engine: Engine;
  #made: T;

  private constructor(
    options: EngineOptions,
    make: (device: Device) => Promise<T>,
    onLost: (sentence: string) => void,
    engine: Engine,
    made: T,
  ) {
    this.#options = options;
    this.#make = make;
    this.#onLost = onLost;
    this.#engine = engine;
    this.#made = made;
  }

  /**
   * Opens an engine and makes on it what the work needs.
   *
   * @param onLost hears one sentence for the visitor whenever the GPU was lost, and what computes now
   * @throws {Error} if no engine opens, and what `make` throws
   */
  static async open<T extends OnDevice>(
    options: EngineOptions,
    make: (device: Device) => Promise<T>,
    onLost: (sentence: string) => void,
  ): Promise<EngineWork<T>> {
    const engine = await openEngine(options);
    return new EngineWork(options, make, onLost, engine, await make(engine.device));
  }

  /** What it computes on: one sentence. */
  get sentence(): string {
    return this.#engine.sentence;
  }

  /** What tensors hold now. */
  memory(): WorkMemory {
    const { numBytes: bytes, numTensors: tensors } = tf.memory();
    return { bytes, tensors };
  }

  /**
   * Does work, again where the GPU fails meanwhile.
   *
   * @throws {Error} what the work throws on a device in order
   */
  async do<R>(act: (made: T) => Promise<R>): Promise<R> {
    try {
      this.#engine.device.check();
      return await act(this.#made);
    } catch (error) {
      if (!this.#hasFailed()) throw error;
      await this.#reopen();
      return await act(this.#made);
    }
  }

  #hasFailed(): boolean {
    try {
      this.#engine.device.check();
      return false;
    } catch {
      return true;
    }
  }

  /** The GPU again, where that opens and works; else the CPU. */
  async #reopen(): Promise<void> {
    await this.#close();
    const choices = [this.#options.backend, "wasm"] as const;
    for (const [i, backend] of choices.entries()) {
      try {
        this.#engine = await openEngine({ ...this.#options, backend });
        this.#made = await this.#make(this.#engine.device);
        break;
      } catch (error) {
        if (i === choices.length - 1) throw error;
      }
    }
    this.#onLost(`The GPU was lost and has been replaced. ${this.sentence}`);
  }

  async #close(): Promise<void> {
    try {
      this.#made[Symbol.dispose]();
      await this.#engine[Symbol.asyncDispose]();
    } catch {
      // a lost GPU has nothing left to free
    }
  }
}
