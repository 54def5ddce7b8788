import { type ElementType } from "../element_type.ts";
import { sizeOf } from "../../parameters/size_of.ts";
import { type WeightTensor } from "../weight_file.ts";
import { zipParts } from "./zip_parts.ts";

/** PyTorch's storage class and bytes per value, by element type. */
const STORAGES: Readonly<Record<ElementType, readonly [string, number]>> = {
  F64: ["DoubleStorage", 8],
  F32: ["FloatStorage", 4],
  F16: ["HalfStorage", 2],
  BF16: ["BFloat16Storage", 2],
  I64: ["LongStorage", 8],
  I32: ["IntStorage", 4],
  I16: ["ShortStorage", 2],
  I8: ["CharStorage", 1],
  U8: ["ByteStorage", 1],
  BOOL: ["BoolStorage", 1],
};

/** Writes the few pickle instructions, protocol 2, that a dictionary of tensors needs. */
class PickleWriter {
  readonly #bytes: number[] = [0x80, 2];

  /** Instructions by character: `}` an empty dictionary, `(` a mark, `t` a tuple, … */
  op(codes: string): this {
    for (const code of codes) this.#bytes.push(code.charCodeAt(0));
    return this;
  }

  text(value: string): this {
    const bytes = new TextEncoder().encode(value);
    this.op("X").#word(bytes.length);
    this.#bytes.push(...bytes);
    return this;
  }

  whole(value: number): this {
    return this.op("J").#word(value);
  }

  wholes(values: readonly number[]): this {
    this.op("(");
    for (const value of values) this.whole(value);
    return this.op("t");
  }

  name(module: string, name: string): this {
    return this.op(`c${module}\n${name}\n`);
  }

  no(): this {
    this.#bytes.push(0x89);
    return this;
  }

  end(): Uint8Array {
    return Uint8Array.from(this.op(".").#bytes);
  }

  #word(value: number): this {
    for (let shift = 0; shift < 32; shift += 8) this.#bytes.push((value >>> shift) & 0xff);
    return this;
  }
}

/** Strides of a row-major tensor. */
function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, i) => sizeOf(shape.slice(i + 1)));
}

/** Writes a tensor as `torch.save` does, as a view of storage `key`. */
function writeTensor(out: PickleWriter, { type, shape }: WeightTensor, key: string): void {
  out.name("torch._utils", "_rebuild_tensor_v2").op("(");
  out.op("(").text("storage").name("torch", STORAGES[type][0]).text(key).text("cpu");
  out.whole(sizeOf(shape)).op("tQ");
  out.whole(0).wholes(shape).wholes(stridesOf(shape)).no();
  out.name("collections", "OrderedDict").op(")R").op("tR");
}

/**
 * The bytes of a PyTorch checkpoint, `{"model": …}`, in parts: the format of `torch.save`, readable by
 * `torch.load` even with `weights_only=True`. One tensor is in memory at a time.
 *
 * @throws {RangeError} if it would exceed 4 GiB
 */
export function pytorchFile(
  tensors: ReadonlyMap<string, WeightTensor>,
): AsyncGenerator<Uint8Array> {
  const pickle = new PickleWriter().op("}").text("model").op("}(");
  [...tensors].forEach(([name, tensor], i) => {
    writeTensor(pickle.text(name), tensor, String(i));
  });
  const dictionary = pickle.op("us").end();
  const version = new TextEncoder().encode("3\n");
  const storages = [...tensors.values()].map((tensor, i) => ({
    name: `archive/data/${i}`,
    size: sizeOf(tensor.shape) * STORAGES[tensor.type][1],
    read: () => tensor.read(),
  }));
  const file = (name: string, bytes: Uint8Array) => ({
    name: `archive/${name}`,
    size: bytes.length,
    read: () => Promise.resolve(bytes),
  });
  return zipParts([file("data.pkl", dictionary), ...storages, file("version", version)]);
}
