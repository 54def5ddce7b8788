import { ELEMENT_BYTES, type ElementType } from "../element_type.ts";
import { BrokenRule, shown } from "../refuse.ts";
import type { PickleValue, TorchTensor } from "./pickle_values.ts";

/** Maximum number of axes; PyTorch has the same limit. */
const MOST_SIDES = 64;

/** A validated view of a storage; everything counted in values. */
export interface TensorView {
  /** Element type. */
  readonly type: ElementType;
  /** Shape. */
  readonly shape: readonly number[];
  /** Stride of each axis. */
  readonly strides: readonly number[];
  /** Offset in the storage. */
  readonly offset: number;
  /** Number of values. */
  readonly count: number;
  /** Number of storage values from its first to its last. */
  readonly span: number;
}

function wholeNumbers(list: PickleValue): list is number[] {
  return Array.isArray(list) && list.length <= MOST_SIDES &&
    list.every((one) => Number.isSafeInteger(one) && (one as number) >= 0);
}

/**
 * Checks that a tensor is within its storage.
 *
 * @throws {BrokenRule} the broken rule, to follow the tensor's name
 */
export function checkedView({ type, storage, offset, shape, strides }: TorchTensor): TensorView {
  if (!type || storage.bytes === undefined) {
    throw new BrokenRule(
      `must have a type among ${Object.keys(ELEMENT_BYTES).join(", ")}, got ${storage.className}`,
    );
  }
  if (!wholeNumbers(shape)) {
    throw new BrokenRule(
      `must have at most ${MOST_SIDES} whole numbers as its shape, got ${shown(shape)}`,
    );
  }
  if (!wholeNumbers(strides) || strides.length !== shape.length) {
    throw new BrokenRule(`must have a non-negative stride per axis, got ${shown(strides)}`);
  }
  if (typeof offset !== "number" || !Number.isSafeInteger(offset) || offset < 0) {
    throw new BrokenRule(`must have an offset of zero or more, got ${shown(offset)}`);
  }
  const held = Math.floor(storage.bytes / ELEMENT_BYTES[type]);
  const count = shape.includes(0) ? 0 : shape.reduce((product, side) => product * side, 1);
  // Views that repeat values could expand a small file to terabytes; weights are no such views.
  if (count > held) {
    throw new BrokenRule(`must have at most the ${held} values of its storage, got ${count}`);
  }
  const last = shape.reduce((sum, side, axis) => sum + (side - 1) * strides[axis], 0);
  const span = count === 0 ? 0 : last + 1;
  if (offset + span > held) {
    throw new BrokenRule(
      `must lie within the ${held} values of its storage, got ${offset} to ${offset + span}`,
    );
  }
  return { type, shape, strides, offset, count, span };
}

/** Whether the values are contiguous in row-major order. */
export function isContiguous({ shape, strides }: TensorView): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

type Words = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

function copyRows(from: Words, to: Words, shape: readonly number[], strides: readonly number[]) {
  const axes = shape.length - 1;
  const [width, step] = [shape[axes], strides[axes]];
  const index = new Array<number>(axes).fill(0);
  let row = 0;
  for (let at = 0; at < to.length; at += width) {
    for (let i = 0; i < width; i++) to[at + i] = from[row + i * step];
    for (let axis = axes - 1; axis >= 0; axis--) {
      row += strides[axis];
      if (++index[axis] < shape[axis]) break;
      row -= shape[axis] * strides[axis];
      index[axis] = 0;
    }
  }
}

/**
 * Copies a tensor's values into row-major order.
 *
 * @param span the storage's bytes from the tensor's first value to its last
 */
export function gather(span: Uint8Array<ArrayBuffer>, view: TensorView): Uint8Array<ArrayBuffer> {
  const bytes = ELEMENT_BYTES[view.type];
  const result = new Uint8Array(view.count * bytes);
  // 8-byte values are copied as pairs of words, as an additional axis of size 2.
  const pairs = bytes === 8;
  const shape = pairs ? [...view.shape, 2] : view.shape;
  const strides = pairs ? [...view.strides.map((stride) => 2 * stride), 1] : view.strides;
  const aligned = span.byteOffset % 4 === 0 ? span : span.slice();
  const words = (of: Uint8Array<ArrayBuffer>): Words => {
    if (bytes === 1) return of;
    if (bytes === 2) return new Uint16Array(of.buffer, of.byteOffset, of.length / 2);
    return new Uint32Array(of.buffer, of.byteOffset, of.length / 4);
  };
  copyRows(words(aligned), words(result), shape, strides);
  return result;
}
