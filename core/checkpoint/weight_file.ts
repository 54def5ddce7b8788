import type { ElementType } from "./safetensors.ts";

/** Bytes that can be read piecewise; a file, or memory. */
export interface ByteSource {
  /** Name for messages, such as the file's path. */
  readonly name: string;
  /** Bytes there are. */
  readonly size: number;
  /**
   * Reads `length` bytes from `offset` on. Callers ask only for what lies within {@link size}.
   *
   * @throws {Error} if the source holds fewer bytes than it said
   */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** A tensor of a weight file; its bytes are read when asked for. */
export interface WeightTensor {
  /** Element type. */
  readonly type: ElementType;
  /** Sides, slowest first. */
  readonly shape: readonly number[];
  /** The tensor's bytes: row-major, contiguous, little endian. */
  read(): Promise<Uint8Array<ArrayBuffer>>;
}

/** A file of weights whatever its format. */
export interface WeightFile {
  /** Format of the file. */
  readonly format: "safetensors" | "pytorch";
  /**
   * Tensors by name, in the file's order, as the state dictionary that was chosen names them
   * (`encoder.blocks.0…`).
   */
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  /** Free text by key. */
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * What the file holds beside weights and was left alone, for reports: "optimizer (2 groups)",
   * "args (Namespace)", "epoch".
   */
  readonly ignored: readonly string[];
}

/**
 * Chooses among the dictionaries of tensors that a PyTorch file holds, such as a model's and that of the
 * average of its weights.
 *
 * @param dictionaries names of their tensors, by the keys that lead to them, joined by dots: `""` is the
 * file's own, `"model_ema"` one inside it
 * @returns one of these keys; undefined leaves the choice to the reader
 */
export type ChooseDictionary = (
  dictionaries: ReadonlyMap<string, readonly string[]>,
) => string | undefined;

/**
 * Bytes in memory as a source.
 *
 * @param name name for messages
 */
export function memoryBytes(bytes: Uint8Array<ArrayBuffer>, name: string): ByteSource {
  return {
    name,
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.slice(offset, offset + length)),
  };
}
