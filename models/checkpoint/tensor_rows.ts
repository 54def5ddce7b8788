import { printable, type WeightTensor } from "@videoms/core";

/** A tensor's name and shape, for messages. */
export function shownTensor(
  name: string,
  { shape }: { readonly shape: readonly number[] },
): string {
  return `"${printable(name)}" [${shape}]`;
}

/** The first eight items of a list and the number of the others. */
export function firstOf(shown: readonly string[]): string {
  const rest = shown.length > 8 ? ` and ${shown.length - 8} more` : "";
  return shown.slice(0, 8).join(", ") + rest;
}

/**
 * A matrix stacked from the rows of others, read lazily.
 *
 * @throws {RangeError} if they are not matrices of the same shape and type
 */
export function stackRows(name: string, parts: readonly WeightTensor[]): WeightTensor {
  const [{ type, shape }] = parts;
  const alike = parts.every((part) =>
    part.type === type && part.shape.join() === shape.join() && shape.length === 2
  );
  if (!alike) {
    const got = parts.map((part) => `${part.type} [${part.shape}]`).join(", ");
    throw new RangeError(
      `Cannot convert weights: query, key and value of "${name}" must be matrices of one shape and type, got ${got}`,
    );
  }
  return {
    type,
    shape: [shape[0] * parts.length, shape[1]],
    async read() {
      const bytes: Uint8Array[] = [];
      for (const part of parts) bytes.push(await part.read());
      return new Uint8Array(await new Blob(bytes as BlobPart[]).arrayBuffer());
    },
  };
}

/**
 * A third of the rows of a tensor with any number of axes.
 *
 * @throws {RangeError} if the number of rows is not divisible by 3
 */
export function thirdOfRows(name: string, tensor: WeightTensor, third: number): WeightTensor {
  const { type, shape } = tensor;
  if (shape.length === 0 || shape[0] % 3 !== 0) {
    throw new RangeError(
      `Cannot convert weights: a tensor must have the rows of query, key and value, got ${
        shownTensor(name, tensor)
      }`,
    );
  }
  return {
    type,
    shape: [shape[0] / 3, ...shape.slice(1)],
    async read() {
      const bytes = await tensor.read();
      const length = bytes.length / 3;
      return bytes.slice(third * length, (third + 1) * length);
    },
  };
}
