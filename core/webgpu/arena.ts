import type * as tf from "@tensorflow/tfjs-core";
import { type Parameters, type ParameterSpec, sizeOf } from "../parameters/parameters.ts";
import type { BufferRange, GpuMemory } from "./gpu_memory.ts";

/** Values that every tensor of an arena starts at a multiple of: offsets of bindings need 256 bytes. */
export const BLOCK = 64;

/** Where a tensor is in an arena, in values. */
export interface ArenaSlot {
  /** Number of its buffer. */
  readonly chunk: number;
  /** Its first value in that buffer. */
  readonly start: number;
  /** Its values. */
  readonly size: number;
}

/** How the tensors of a model lie one behind the other in a few buffers. */
export interface ArenaLayout {
  /** Values of each buffer, a multiple of {@linkcode BLOCK}. */
  readonly chunks: readonly number[];
  /** The place of each tensor, by name. */
  readonly slots: ReadonlyMap<string, ArenaSlot>;
}

/**
 * Lays tensors out in their order; a tensor is never split.
 *
 * @param maxBytes that a chunk can have
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
        `Cannot lay out parameters: "${name}" must fit into a GPU buffer of ${maxBytes} bytes, ` +
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

/** The buffers of one kind of value (weights, gradients, moments, …), zero at first. */
export class Arena {
  readonly #memory: GpuMemory;
  readonly #layout: ArenaLayout;
  /** The buffers as flat tensors. */
  readonly chunks: readonly tf.TensorInfo[];

  /** Reserves the buffers. */
  constructor(memory: GpuMemory, layout: ArenaLayout) {
    this.#memory = memory;
    this.#layout = layout;
    this.chunks = layout.chunks.map((values) => memory.reserve(values));
  }

  /** Where a tensor lies. */
  range(name: string): BufferRange {
    const { chunk, start, size } = this.#layout.slots.get(name)!;
    const { buffer } = this.#memory.rangeOf(this.chunks[chunk]);
    return { buffer, offset: 4 * start, size: 4 * size };
  }

  /** Moves variables here; they stay ordinary ones, but that `assign` copies in place. */
  adopt(parameters: Parameters): void {
    for (const [name, variable] of parameters.entries()) {
      const range = this.range(name);
      this.#memory.place(variable, range);
      variable.assign = (value) => {
        checkAssigned(variable, value);
        this.#memory.put(value, range);
      };
    }
  }

  /** Gives variables that are still here, and not disposed of, buffers of their own again. */
  #abandon(parameters: Parameters): void {
    for (const [name, variable] of parameters.entries()) {
      if (variable.isDisposed) continue;
      if (this.#memory.rangeOf(variable).buffer !== this.range(name).buffer) continue;
      this.#memory.withdraw(variable);
      delete (variable as Partial<tf.Variable>).assign; // uncovers the one of its class
    }
  }

  /** Frees the buffers, after variables that were adopted have left. */
  dispose(adopted?: Parameters): void {
    if (adopted) this.#abandon(adopted);
    for (const chunk of this.chunks) this.#memory.release(chunk);
  }
}

function checkAssigned(variable: tf.Variable, { dtype, shape }: tf.Tensor): void {
  if (dtype === variable.dtype && shape.join() === variable.shape.join()) return;
  throw new RangeError(
    `Cannot assign to a variable: its values must be ${variable.dtype} [${variable.shape}], ` +
      `got ${dtype} [${shape}]`,
  );
}
