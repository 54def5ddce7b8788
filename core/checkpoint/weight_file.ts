import type { ElementType } from "./safetensors.ts";

/** Bytes with random access: a file or memory. */
export interface ByteSource {
  /** Name for messages, such as the file's path. */
  readonly name: string;
  /** Number of bytes. */
  readonly size: number;
  /**
   * Reads `length` bytes from `offset`. Callers stay within {@link size}.
   *
   * @throws {Error} if the source has fewer bytes than stated
   */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** A tensor of a weight file; its bytes are read lazily. */
export interface WeightTensor {
  /** Element type. */
  readonly type: ElementType;
  /** Shape. */
  readonly shape: readonly number[];
  /** The tensor's bytes: row-major, contiguous, little endian. */
  read(): Promise<Uint8Array<ArrayBuffer>>;
}

/** A weight file of any format. */
export interface WeightFile {
  /** Format of the file. */
  readonly format: "safetensors" | "pytorch";
  /** Tensors by name, in file order, named as in the chosen state dictionary (`encoder.blocks.0…`). */
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  /** Free text by key. */
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * What the file contains beside weights, for reports: "optimizer (2 groups)", "args (Namespace)", "epoch".
   */
  readonly ignored: readonly string[];
}

/**
 * Chooses among the dictionaries of tensors in a PyTorch file, such as a model's and its EMA's.
 *
 * @param dictionaries tensor names by key path, joined with dots: `""` is the top level, `"model_ema"` a
 * dictionary inside it
 * @returns one of these paths; undefined for the default
 */
export type ChooseDictionary = (
  dictionaries: ReadonlyMap<string, readonly string[]>,
) => string | undefined;

/**
 * A source of bytes in memory.
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
