/**
 * A small writer of pickles and of `torch.save`'s two formats, for tests: it also writes what
 * PyTorch never would.
 *
 * @module
 */

const utf8 = new TextEncoder();

export function joined(
  parts: readonly (Uint8Array | readonly number[])[],
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A number's bytes, little endian. */
export function little(value: number | bigint, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => Number(BigInt(value) >> BigInt(8 * i) & 255n));
}

/** Operations of a pickle. */
export type Code = readonly number[];

const MARK = 0x28;

export const none: Code = [0x4e];

export function int(value: number): Code {
  if (value >= 0 && value < 256) return [0x4b, value];
  if (Math.abs(value) < 2 ** 31) return [0x4a, ...little(value, 4)];
  return [0x8a, 8, ...little(value, 8)];
}

export function text(value: string): Code {
  const bytes = utf8.encode(value);
  return [0x58, ...little(bytes.length, 4), ...bytes];
}

export function tuple(...items: Code[]): Code {
  return [MARK, ...items.flat(), 0x74];
}

export function list(...items: Code[]): Code {
  return [0x5d, MARK, ...items.flat(), 0x65];
}

export function dictionary(items: Readonly<Record<string, Code>>): Code {
  return [0x7d, MARK, ...Object.entries(items).flatMap(([key, v]) => [...text(key), ...v]), 0x75];
}

export function global(module: string, name: string): Code {
  return [0x63, ...utf8.encode(`${module}\n${name}\n`)];
}

/** A call of a name. */
export function call(module: string, name: string, ...values: Code[]): Code {
  return [...global(module, name), ...tuple(...values), 0x52];
}

export function pickle(...codes: Code[]): Uint8Array<ArrayBuffer> {
  return joined([[0x80, 2], ...codes, [0x2e]]);
}

/** A tensor of a pickle. */
export interface TensorCode {
  key?: string;
  kind?: string;
  count: number;
  offset?: number;
  shape: readonly number[];
  strides: readonly number[];
}

export function storage({ key = "0", kind = "FloatStorage", count }: TensorCode): Code {
  const id = tuple(text("storage"), global("torch", kind), text(key), text("cpu"), int(count));
  return [...id, 0x51];
}

export function tensor(code: TensorCode): Code {
  return call(
    "torch._utils",
    "_rebuild_tensor_v2",
    storage(code),
    int(code.offset ?? 0),
    tuple(...code.shape.map(int)),
    tuple(...code.strides.map(int)),
    [0x89],
    call("collections", "OrderedDict"),
  );
}

/** An entry of a zip file, with what may be wrong with it. */
export interface ZipPart {
  name: string;
  bytes: Uint8Array;
  method?: number;
  /** Size that the directory says, if it lies. */
  size?: number;
  /** Start that the directory says, if it lies. */
  start?: number;
}

/** Lays a zip file out; with `wide`, all sizes are those of zip64. */
export function zip(parts: readonly ZipPart[], wide = false): Uint8Array<ArrayBuffer> {
  const pieces: (Uint8Array | number[])[] = [];
  const directory: number[] = [];
  let at = 0;
  for (const { name, bytes, method = 0, size = bytes.length, start = at } of parts) {
    const label = [...utf8.encode(name)];
    const local = [
      ...[0x50, 0x4b, 3, 4, 0, 0, 0, 0, ...little(method, 2)],
      ...new Array<number>(16).fill(0),
      ...[...little(label.length, 2), 0, 0, ...label],
    ];
    pieces.push(local, bytes);
    const short = (value: number) => wide ? [255, 255, 255, 255] : little(value, 4);
    const extra = wide
      ? [1, 0, 24, 0, ...little(size, 8), ...little(size, 8), ...little(start, 8)]
      : [];
    directory.push(
      ...[0x50, 0x4b, 1, 2, 0, 0, 0, 0, 0, 0, ...little(method, 2), 0, 0, 0, 0, 0, 0, 0, 0],
      ...[...short(size), ...short(size), ...little(label.length, 2), ...little(extra.length, 2)],
      ...[...new Array<number>(10).fill(0), ...short(start), ...label, ...extra],
    );
    at += local.length + bytes.length;
  }
  const count = little(parts.length, wide ? 8 : 2);
  const places = [...little(directory.length, wide ? 8 : 4), ...little(at, wide ? 8 : 4)];
  pieces.push(directory);
  if (wide) {
    const head = [0x50, 0x4b, 6, 6, ...little(44, 8), 0, 0, 0, 0, ...new Array<number>(8).fill(0)];
    const locator = [0x50, 0x4b, 6, 7, 0, 0, 0, 0, ...little(at + directory.length, 8), 1, 0, 0, 0];
    pieces.push([...head, ...count, ...count, ...places], locator);
    pieces.push([0x50, 0x4b, 5, 6, ...new Array<number>(16).fill(255), 0, 0]);
  } else {
    pieces.push([0x50, 0x4b, 5, 6, 0, 0, 0, 0, ...count, ...count, ...places, 0, 0]);
  }
  return joined(pieces);
}

/** A file of PyTorch 1.6 and later. */
export function torchZip(
  object: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = {},
  wide = false,
): Uint8Array<ArrayBuffer> {
  const data = Object.entries(storages).map(([key, bytes]) => ({ name: `a/data/${key}`, bytes }));
  return zip([{ name: "a/data.pkl", bytes: object }, ...data], wide);
}

/** A file of PyTorch before 1.6; storages are by key: values that they have, and bytes. */
export function torchLegacy(
  object: Uint8Array,
  storages: Readonly<Record<string, readonly [number, Uint8Array]>> = {},
  littleEndian = true,
): Uint8Array<ArrayBuffer> {
  return joined([
    pickle([0x8a, 10, ...little(0x1950a86a20f9469cfc6cn, 10)]),
    pickle(int(1001)),
    pickle(dictionary({ little_endian: [littleEndian ? 0x88 : 0x89] })),
    object,
    pickle(list(...Object.keys(storages).map(text))),
    ...Object.values(storages).flatMap(([count, bytes]) => [little(count, 8), bytes]),
  ]);
}

/** A safetensors file with any header. */
export function safetensorsOf(header: unknown, data: Uint8Array | number[] = []) {
  const json = utf8.encode(typeof header === "string" ? header : JSON.stringify(header));
  return joined([little(json.length, 8), json, data]);
}
