import type * as tf from "@tensorflow/tfjs-core";
import type { Parameters, ParameterSpec } from "../parameters/parameters.ts";
import { sizeOf } from "../parameters/size_of.ts";
import type { BufferRange, GpuMemory } from "./gpu_memory.ts";

/**
 * Alignment of tensors in an arena, in values: binding offsets must be multiples of 256 bytes, in half
 * precision too.
 */
export const BLOCK = 128;

/** Location of a tensor in an arena, in values. */
export interface ArenaSlot {
  /** Index of its buffer. */
  readonly chunk: number;
  /** Offset in that buffer. */
  readonly start: number;
  /** Number of values. */
  readonly size: number;
}

/** Layout of a model's tensors in a few buffers. */
export interface ArenaLayout {
  /** Size of each buffer in values, a multiple of {@linkcode BLOCK}. */
  readonly chunks: readonly number[];
  /** Location of each tensor, by name. */
  readonly slots: ReadonlyMap<string, ArenaSlot>;
}

/**
 * Lays tensors out in order; a tensor is never split.
 *
 * @param maxBytes maximum bytes per buffer
 * @throws {RangeError} if a single tensor is larger
 */
export function arenaLayout(specs: readonly ParameterSpec[], maxBytes: number): ArenaLayout {
  const chunks = [0];
  const slots = new Map<string, ArenaSlot>();
  for (const { name, shape } of specs) {
    const size = sizeOf(shape);
    const padded = BLOCK * Math.max(1, Math.ceil(size / BLOCK));
    if (4 * padded > maxBytes) {
      throw new RangeError(
        `Cannot load parameters: "${name}" must fit into a GPU buffer of ${maxBytes} bytes, ` +
          `got ${4 * size}`,
      );
    }
    if (4 * (chunks.at(-1)! + padded) > maxBytes) chunks.push(0);
    const chunk = chunks.length - 1;
    slots.set(name, { chunk, start: chunks[chunk], size });
    chunks[chunk] += padded;
  }
  return { chunks, slots };
}

/** The buffers of one kind of value (weights, gradients, moments, …), initially zero. */
export class Arena {
  readonly #memory: GpuMemory;
  readonly #layout: ArenaLayout;
  /** The buffers as flat tensors. */
  readonly chunks: readonly tf.TensorInfo[];

  /** Allocates the buffers. */
  constructor(memory: GpuMemory, layout: ArenaLayout) {
    this.#memory = memory;
    this.#layout = layout;
    this.chunks = layout.chunks.map((values) => memory.reserve(values));
  }

  /** Location of a tensor. */
  range(name: string): BufferRange {
    const { chunk, start, size } = this.#layout.slots.get(name)!;
    const { buffer } = this.#memory.rangeOf(this.chunks[chunk]);
    return { buffer, offset: 4 * start, size: 4 * size };
  }

  /**
   * Moves variables here; they stay usable, except that `assign` copies in place.
   *
   * @param onWrite called with the name of a variable that is assigned
   */
  adopt(parameters: Parameters, onWrite: (name: string) => void = () => {}): void {
    for (const [name, variable] of parameters.entries()) {
      const range = this.range(name);
      this.#memory.place(variable, range);
      variable.assign = (value) => {
        checkAssigned(variable, value);
        this.#memory.put(value, range);
        onWrite(name);
      };
    }
  }

  /** Moves variables that are still here, and not disposed of, back to their own buffers. */
  #abandon(parameters: Parameters): void {
    for (const [name, variable] of parameters.entries()) {
      if (variable.isDisposed) continue;
      if (this.#memory.rangeOf(variable).buffer !== this.range(name).buffer) continue;
      this.#memory.withdraw(variable);
      delete (variable as Partial<tf.Variable>).assign; // restores the method of its class
    }
  }

  /** Frees the buffers, after adopted variables have left. */
  dispose(adopted?: Parameters): void {
    if (adopted) this.#abandon(adopted);
    for (const chunk of this.chunks) this.#memory.release(chunk);
  }
}

function checkAssigned(variable: tf.Variable, { dtype, shape }: tf.Tensor): void {
  if (dtype === variable.dtype && shape.join() === variable.shape.join()) return;
  throw new RangeError(
    `Cannot write a variable: its values must be ${variable.dtype} [${variable.shape}], ` +
      `got ${dtype} [${shape}]`,
  );
}
