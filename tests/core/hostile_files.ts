import { type RandomStream, randomStream } from "@videoms/core";
import {
  call,
  type Code,
  dictionary,
  global,
  int,
  joined,
  list,
  little,
  none,
  pickle,
  safetensorsOf,
  tensor,
  text,
  torchLegacy,
  torchZip,
  tuple,
  zip,
} from "./pytorch_writer.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A file that was made to harm, or that came to harm. */
export interface HostileFile {
  readonly name: string;
  readonly bytes: Bytes;
  /** Whether it may also be read: a change may have hit a weight, or nothing that matters. */
  readonly mayBeRead?: boolean;
}

const weight: Code = tensor({ count: 4, shape: [2, 2], strides: [2, 1] });
const values = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
const state = pickle(dictionary({ model: dictionary({ w: weight }), epoch: int(1) }));
const entry = { dtype: "F32", shape: [2, 2], data_offsets: [0, 16] };

/** One whole file of each format. */
export const whole: Readonly<Record<string, Bytes>> = {
  zip: torchZip(state, { 0: values }),
  zip64: torchZip(state, { 0: values }, true),
  legacy: torchLegacy(state, { 0: [4, values] }),
  safetensors: safetensorsOf({ w: entry, __metadata__: { a: "b" } }, values),
};

const DANGEROUS: readonly (readonly [string, string])[] = [
  ["os", "system"],
  ["posix", "system"],
  ["nt", "system"],
  ["os.path", "os.system"],
  ["torch", "os.system"],
  ["subprocess", "Popen"],
  ["builtins", "eval"],
  ["builtins", "exec"],
  ["builtins", "getattr"],
  ["__builtin__", "eval"],
  ["builtins", "__import__"],
  ["sys", "exit"],
  ["shutil", "rmtree"],
  ["socket", "socket"],
  ["importlib", "import_module"],
  ["runpy", "run_path"],
  ["ctypes", "CDLL"],
  ["pickle", "loads"],
  ["operator", "attrgetter"],
  ["webbrowser", "open"],
];

function named(files: Readonly<Record<string, Bytes>>): HostileFile[] {
  return Object.entries(files).map(([name, bytes]) => ({ name, bytes }));
}

/** Pickles that name what runs programs, before, inside and after the weights. */
export function attacks(): HostileFile[] {
  return DANGEROUS.flatMap(([module, name], i) => {
    const byGlobal = call(module, name, text("touch pwned"));
    const byStack = [...text(module), ...text(name), 0x93, ...tuple(text("touch pwned")), 0x52];
    const inside = pickle(dictionary({ model: dictionary({ w: weight, x: byGlobal }) }));
    return named({
      [`attack-${i}-global.pth`]: torchZip(inside, { 0: values }),
      [`attack-${i}-stack.pth`]: torchZip(pickle([...byStack, 0x30], dictionary({ w: weight }))),
      [`attack-${i}-legacy.pth`]: torchLegacy(inside, { 0: [4, values] }),
      [`attack-${i}-front.pth`]: joined([pickle(byGlobal), whole.legacy]),
    });
  });
}

function repeated(code: Code, times: number): Code {
  return Array.from({ length: times }, () => code).flat();
}

/** Pickles that ask for memory, for depth, or for what is not there. */
function pickles(): HostileFile[] {
  const memo = (n: number): Code => [0x71, n];
  const remembered = (n: number): Code => [0x68, n];
  const doubled = Array.from({ length: 60 }, (_, i) => [...memo(i), ...remembered(i), 0x86])
    .reduce((code, twice) => [...code, ...twice], [...int(1)]);
  const codes: Record<string, Code> = {
    "deep-lists": [...repeated([0x5d], 200_000), ...repeated([0x61], 199_999)],
    "deep-models": [
      ...repeated([...[0x7d], ...text("model")], 1000),
      ...dictionary({ w: weight }),
      ...repeated([0x73], 1000),
    ],
    "own-list": [0x5d, ...memo(0), ...remembered(0), 0x61],
    "own-model": [0x7d, ...memo(0), ...text("model"), ...remembered(0), 0x73],
    "doubled-tuples": dictionary({ w: doubled }),
    // Six levels of forty ways to the same dictionary each: four thousand million ways to the last one.
    "many-ways": Array.from({ length: 6 }).reduce<Code>(
      (inner, _, i) => [
        ...inner,
        ...[...memo(i), 0x30, 0x7d, 0x28],
        ...Array.from({ length: 40 }, (_, key) => [...text(`${key}`), ...remembered(i)]).flat(),
        0x75,
      ],
      dictionary({ x: int(1) }),
    ),
    "deep-state": [
      ...repeated([0x7d, ...text("inner")], 12),
      ...dictionary({ w: weight }),
      ...repeated([0x73], 12),
    ],
    "many-dictionaries": repeated([0x7d], 2_000_000),
    "many-orders": repeated(call("collections", "OrderedDict"), 30_000),
    "many-memos": [0x4e, ...repeated([0x94], 2_000_000)],
    "far-memo": [0x4e, 0x72, 255, 255, 255, 255],
    "long-text": [0x58, 255, 255, 255, 255],
    "longest-text": [0x8d, ...repeated([255], 8)],
    "longest-bytes": [0x8e, ...repeated([255], 8)],
    "long-integer": [0x8b, ...little(2 ** 31, 4), ...repeated([1], 400)],
    "no-value": [0x30],
    "no-mark": [0x74],
    "below-mark": [0x4e, 0x28, 0x61],
    "no-memo": remembered(9),
    "append-to-tuple": [...tuple(), 0x4e, 0x61],
    "item-of-number": [...int(1), ...int(2), ...int(3), 0x73],
    "call-of-text": [...text("os.system"), ...tuple(text("ls")), 0x52],
    "call-of-call": [...call("functools", "partial", none), ...tuple(), 0x52],
    "not-utf8": [0x58, 2, 0, 0, 0, 0xc3, 0x28],
    "long-name": [0x63, ...repeated([0x61], 5000), 0x0a, 0x61, 0x0a],
    "text-operation": [0x49, 0x31, 0x0a],
    "extension": [0x82, 1],
    "protocol": [0x80, 9],
    "storage-as-call": call("torch", "FloatStorage", int(2 ** 40)),
    "no-storage": call("torch._utils", "_rebuild_tensor_v2", none),
    "bad-parameter": call("torch._utils", "_rebuild_parameter", none),
    "bad-pairs": call("collections", "OrderedDict", list(list(none))),
    "bad-identity": [...text("storage"), 0x51],
    "count-of-tuples": [
      ...tuple(text("storage"), global("torch", "FloatStorage"), text("0"), text("cpu"), doubled),
      0x51,
    ],
    "class": global("torch", "FloatStorage"),
    "control": dictionary({ "\u001b[2J\nCannot": none }),
  };
  return Object.entries(codes).map(([name, code]) => ({
    name: `pickle-${name}.pth`,
    bytes: torchZip(joined([[0x80, 2], code, [0x2e]]), { 0: values }),
  }));
}

/** Tensors that do not lie within their storages. */
function tensors(): HostileFile[] {
  const wrong: Record<string, Partial<Parameters<typeof tensor>[0]>> = {
    "giant": { shape: [2 ** 40, 2 ** 40], strides: [2 ** 40, 1] },
    "giant-repeated": { shape: [2 ** 40, 2 ** 40], strides: [0, 0] },
    "repeated": { shape: [5], strides: [0] },
    "giant-storage": { count: 2 ** 50 },
    "negative-stride": { strides: [-2, 1] },
    "wide-stride": { strides: [2 ** 52, 1] },
    "negative-side": { shape: [-2, -2] },
    "negative-offset": { offset: -1 },
    "far-offset": { offset: 2 ** 52 },
    "one-too-far": { offset: 1 },
    "fewer-strides": { strides: [1] },
    "many-sides": { shape: new Array(65).fill(1), strides: new Array(65).fill(1) },
    "other-storage": { key: "1" },
    "path": { key: "../data.pkl" },
    "type": { kind: "ComplexFloatStorage" },
    "unknown-type": { kind: "toString" },
    "wider-type": { kind: "DoubleStorage" },
    "negative-count": { count: -4 },
  };
  return Object.entries(wrong).flatMap(([name, code]) => {
    const full = { count: 4, shape: [2, 2], strides: [2, 1], ...code };
    const object = pickle(dictionary({ w: tensor(full) }));
    return named({
      [`tensor-${name}.pth`]: torchZip(object, { 0: values }),
      [`tensor-${name}-legacy.pth`]: torchLegacy(object, { 0: [4, values] }),
    });
  });
}

/** Zip files that are not what `torch.save` writes. */
function zips(): HostileFile[] {
  const data = { name: "a/data.pkl", bytes: state };
  const held = { name: "a/data/0", bytes: values };
  const files = {
    "deflated": zip([data, { ...held, method: 8 }]),
    "bomb": zip([{ ...data, method: 8, size: 2 ** 32 - 2 }, held]),
    "too-long": zip([data, { ...held, size: 2000 }]),
    "too-long-64": zip([data, { ...held, size: 2 ** 60 }], true),
    "overlap": zip([data, { ...held, start: 10 }]),
    "same-place": zip([data, { ...held, start: 0 }]),
    "outside": zip([data, { ...held, start: 2 ** 31 }]),
    "outside-64": zip([data, { ...held, start: 2 ** 62 }], true),
    "twice": zip([data, held, held]),
    "two-pickles": zip([data, { ...data, name: "b/data.pkl" }, held]),
    "no-pickle": zip([held]),
    "deep-pickle": zip([{ ...data, name: "../../data.pkl" }, held]),
    "big-endian": zip([data, held, {
      name: "a/byteorder",
      bytes: new TextEncoder().encode("big"),
    }]),
    "shifted": joined([whole.zip.subarray(0, 4), [0], whole.zip]),
    "after": joined([whole.zip, [0]]),
    "empty": joined([[0x50, 0x4b, 3, 4], new Uint8Array(18)]),
  };
  return named(Object.fromEntries(Object.entries(files).map(([n, b]) => [`zip-${n}.pth`, b])));
}

/** Safetensors whose headers lie. */
function headers(): HostileFile[] {
  const json: Record<string, unknown> = {
    "overlap": { a: { ...entry, data_offsets: [0, 16] }, w: entry },
    "gap": { a: { dtype: "U8", shape: [4], data_offsets: [12, 16] } },
    "outside": { w: { ...entry, data_offsets: [16, 32] } },
    "reversed": { w: { ...entry, data_offsets: [16, 0] } },
    "negative": { w: { ...entry, data_offsets: [-16, 0] } },
    "giant": { w: { ...entry, shape: [2 ** 40, 2 ** 40], data_offsets: [0, 2 ** 52] } },
    "nothing-times-giant": { w: { ...entry, shape: [2 ** 52, 2 ** 52, 0], data_offsets: [0, 16] } },
    "fraction": { w: { ...entry, shape: [1.5, 2] } },
    "type": { w: { ...entry, dtype: "toString" } },
    "wider-type": { w: { ...entry, dtype: "F64" } },
    "no-type": { w: { shape: [4], data_offsets: [0, 16] } },
    "no-shape": { w: { dtype: "F32", data_offsets: [0, 16] } },
    "no-offsets": { w: { dtype: "F32", shape: [4] } },
    "null": { w: null },
    "list": [entry],
    "deep-shape": { w: { ...entry, shape: [[4]] } },
    "metadata-list": { w: entry, __metadata__: [] },
    "metadata-number": { w: entry, __metadata__: { a: 1 } },
    "deep": "[".repeat(200_000),
    "deep-objects": '{"a":'.repeat(100_000),
    "twice": `{"w":${JSON.stringify(entry)},"w":${JSON.stringify(entry)}}`,
    "open-text": '{"w',
    "nothing": "",
  };
  const files = Object.entries(json).map(([name, header]) => ({
    name: `header-${name}.safetensors`,
    bytes: safetensorsOf(header, values),
  }));
  const long = whole.safetensors.slice();
  long.fill(255, 0, 8);
  return [...files, { name: "header-longest.safetensors", bytes: long }];
}

function damaged(bytes: Bytes, stream: RandomStream): Bytes {
  const copy = bytes.slice();
  switch (stream.integer(3)) {
    case 0:
      copy[stream.integer(copy.length)] ^= 1 << stream.integer(8);
      return copy;
    case 1:
      for (let i = 0; i < 4; i++) copy[stream.integer(copy.length)] = stream.integer(256);
      return copy;
    default: {
      const cut = stream.integer(copy.length);
      const from = stream.integer(copy.length);
      return joined([copy.subarray(0, cut), copy.subarray(from)]);
    }
  }
}

/** Whole files with a bit, some bytes or a part changed, and pickles of random operations. */
function mutations(count: number): HostileFile[] {
  const files = Object.entries(whole).flatMap(([format, bytes]) =>
    Array.from({ length: count }, (_, i) => ({
      name: `damaged-${format}-${i}`,
      bytes: damaged(bytes, randomStream(7, format, i)),
      mayBeRead: true,
    }))
  );
  const operations = [...new Set(state)];
  const random = Array.from({ length: count }, (_, i) => {
    const stream = randomStream(8, i);
    const code = Array.from({ length: 200 }, () => operations[stream.integer(operations.length)]);
    return { name: `random-${i}`, bytes: torchZip(pickle(code)), mayBeRead: true };
  });
  return [...files, ...random];
}

/** Every beginning of a whole file that is not the file. */
function beginnings(): HostileFile[] {
  return Object.entries(whole).flatMap(([format, bytes]) =>
    Array.from(bytes, (_, length) => ({
      name: `cut-${format}-${length}`,
      bytes: bytes.slice(0, length),
    }))
  );
}

/** All files; always the same ones. */
export function hostileFiles(): HostileFile[] {
  return [
    ...attacks(),
    ...pickles(),
    ...tensors(),
    ...zips(),
    ...headers(),
    ...mutations(100),
    ...beginnings(),
  ];
}
