import assert from "node:assert/strict";
import {
  floatValues,
  memoryBytes,
  readSafetensors,
  readWeightFile,
  type WeightFile,
} from "@videoms/core";
import {
  call,
  type Code,
  dictionary,
  global,
  int,
  joined,
  list,
  none,
  pickle,
  tensor,
  text,
  torchLegacy,
  torchZip,
  tuple,
  zip,
} from "./pytorch_writer.ts";

const golden = new URL("../golden/", import.meta.url);

async function goldenFile(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return await Deno.readFile(new URL(name, golden));
}

async function openGolden(name: string): Promise<WeightFile> {
  return await readWeightFile(memoryBytes(await goldenFile(name), name));
}

async function openObject(
  object: Code,
  storages: Record<string, Uint8Array> = {},
): Promise<WeightFile> {
  return await readWeightFile(memoryBytes(torchZip(pickle(object), storages), "made.pth"));
}

/** Tensors of a file, read, with what a training case of the reference calls `param.`. */
async function valuesOf(file: WeightFile): Promise<Map<string, Float32Array>> {
  const values = new Map<string, Float32Array>();
  for (const [name, tensor] of file.tensors) {
    values.set(name, floatValues({ ...tensor, bytes: await tensor.read() }));
  }
  return values;
}

Deno.test("checkpoints of the reference hold the weights of its training cases", async () => {
  const cases = readSafetensors(
    await goldenFile("../../tasks/commands/verify/cases/pretrain-motion-centric.safetensors"),
  ).tensors;
  const expected = [...cases].filter(([name]) => name.startsWith("param."));
  for (const name of ["reference-pretrain.pth", "reference-legacy.pth"]) {
    const file = await openGolden(name);
    assert.equal(file.format, "pytorch");
    const values = await valuesOf(file);
    assert.equal(values.size, expected.length);
    for (const [key, tensor] of expected) {
      assert.deepEqual(values.get(key.slice("param.".length)), floatValues(tensor), key);
      assert.deepEqual(file.tensors.get(key.slice("param.".length))!.shape, tensor.shape);
    }
  }
  const half = await openGolden("reference-half.pth");
  const halves = await valuesOf(half);
  assert.equal(half.tensors.get("encoder.blocks.0.attn.qkv.weight")!.type, "F16");
  for (const [key, tensor] of expected) {
    const name = key.slice("param.".length);
    const step = half.tensors.get(name)!.type === "F16" ? 2 ** -11 : 0;
    for (const [i, value] of floatValues(tensor).entries()) {
      const error = Math.abs(halves.get(name)![i] - value);
      assert.ok(error <= step * Math.abs(value) + step * 2 ** -14, `${name} ${i}: ${error}`);
    }
  }
});

Deno.test("what lies beside the weights is named and left alone", async () => {
  const { ignored } = await openGolden("reference-pretrain.pth");
  const named = ["optimizer (1 group)", "epoch", "scaler (1 entry)", "args (Namespace)"];
  assert.deepEqual(ignored, named);
  assert.deepEqual((await openGolden("reference-half.pth")).ignored, []);
});

Deno.test("every type, view and format that torch.save writes is read bit for bit", async () => {
  const expected = readSafetensors(await goldenFile("torch-kinds.safetensors")).tensors;
  for (const name of ["torch-kinds", "torch-kinds-protocol4", "torch-kinds-legacy"]) {
    const { tensors, ignored } = await openGolden(`${name}.pth`);
    assert.deepEqual([...tensors.keys()], [...expected.keys()]);
    for (const [key, { type, shape, bytes }] of expected) {
      const tensor = tensors.get(key)!;
      assert.deepEqual([tensor.type, tensor.shape], [type, shape], `${name} ${key}`);
      assert.deepEqual(await tensor.read(), bytes.slice(), `${name} ${key}`);
    }
    assert.deepEqual(ignored.slice(0, 3), ["args (Namespace)", "optimizer (2 groups)", "epoch"]);
  }
});

Deno.test("a strided view is what indexing makes of it, for values of any width", async () => {
  const values = Uint8Array.from({ length: 480 }, (_, i) => i * 7);
  const view = { count: 0, offset: 3, shape: [3, 1, 2, 4], strides: [1, 50, 17, 4] };
  const widths = { ByteStorage: 1, HalfStorage: 2, FloatStorage: 4, LongStorage: 8 };
  for (const [kind, width] of Object.entries(widths)) {
    const code = tensor({ ...view, kind, count: values.length / width });
    const { tensors } = await openObject(dictionary({ a: code }), { 0: values });
    const expected: number[] = [];
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 2; j++) {
        for (let k = 0; k < 4; k++) {
          const at = (3 + i + 17 * j + 4 * k) * width;
          expected.push(...values.subarray(at, at + width));
        }
      }
    }
    assert.deepEqual([...await tensors.get("a")!.read()], expected, kind);
  }
});

Deno.test("the weights are the first of model, module and state_dict, as deep as they lie", async () => {
  const bytes = { 0: new Uint8Array(8) };
  const weight = tensor({ count: 2, shape: [2], strides: [1] });
  const state = dictionary({ "module.a": weight, version: int(3) });
  for (
    const root of [
      state,
      dictionary({ state_dict: state }),
      dictionary({ model: text("vit"), module: state }),
      dictionary({ module: list(int(1)), model: dictionary({ state_dict: state }) }),
    ]
  ) {
    const { tensors, ignored } = await openObject(root, bytes);
    assert.deepEqual([...tensors.keys()], ["module.a"]);
    assert.equal(ignored.at(-1), "version");
  }
});

Deno.test("dictionaries of tensors are found wherever they lie, and one of them is chosen", async () => {
  const bytes = { 0: new Uint8Array(8) };
  const weight = tensor({ count: 2, shape: [2], strides: [1] });
  const state = (name: string) => dictionary({ [name]: weight });
  const root = dictionary({
    epoch: int(3),
    model_ema: state("b"),
    state_dict: state("a"),
    nets: dictionary({ teacher: state("c"), step: int(1) }),
  });
  const found: Record<string, readonly string[]> = {};
  const open = (choice?: string) =>
    readWeightFile(memoryBytes(torchZip(pickle(root), bytes), "made.pth"), (dictionaries) => {
      for (const [key, names] of dictionaries) found[key] = names;
      return choice;
    });
  assert.deepEqual([...(await open()).tensors.keys()], ["a"]);
  assert.deepEqual(found, { state_dict: ["a"], model_ema: ["b"], "nets.teacher": ["c"] });
  const teacher = await open("nets.teacher");
  assert.deepEqual([...teacher.tensors.keys()], ["c"]);
  const beside = ["epoch", "model_ema (1 entry)", "state_dict (1 entry)", "step"];
  assert.deepEqual(teacher.ignored, beside);
  await assert.rejects(open("nets"), /must hold a dictionary of tensors/);
  // Only what is chosen must be whole.
  const broken = dictionary({
    model: state("a"),
    optim: dictionary({ w: tensor({ key: "9", count: 2, shape: [2], strides: [1] }) }),
  });
  assert.deepEqual([...(await openObject(broken, bytes)).tensors.keys()], ["a"]);
});

Deno.test("zip64 and both formats give the same tensors", async () => {
  const bytes = new Uint8Array(Float32Array.of(1, 2, 3).buffer);
  const object = pickle(dictionary({ a: tensor({ count: 3, shape: [3], strides: [1] }) }));
  const files = [
    torchZip(object, { 0: bytes }),
    torchZip(object, { 0: bytes }, true),
    torchLegacy(object, { 0: [3, bytes] }),
  ];
  for (const file of files) {
    const { tensors } = await readWeightFile(memoryBytes(file, "made.pth"));
    assert.deepEqual(await tensors.get("a")!.read(), bytes);
  }
});

Deno.test("a storage without a type takes the tensor's, and parameters are tensors", async () => {
  const bytes = Uint8Array.from([1, 2, 3, 4]);
  const id = [global("torch.storage", "UntypedStorage"), text("0"), text("cpu"), int(4)];
  const code = call(
    "torch._utils",
    "_rebuild_tensor_v3",
    [...tuple(text("storage"), ...id), 0x51],
    int(1),
    tuple(int(1)),
    tuple(int(1)),
    [0x89],
    dictionary({}),
    global("torch", "float16"),
  );
  const parameter = call("torch._utils", "_rebuild_parameter", code, [0x88], dictionary({}));
  const { tensors } = await openObject(dictionary({ code, parameter }), { 0: bytes });
  for (const name of ["code", "parameter"]) {
    assert.equal(tensors.get(name)!.type, "F16");
    assert.deepEqual([...await tensors.get(name)!.read()], [3, 4]);
  }
});

Deno.test("classes that are not known are passed over, not made", async () => {
  const weight = tensor({ count: 1, shape: [], strides: [] });
  const scalar = call("numpy.core.multiarray", "scalar", call("numpy", "dtype", text("f8")), none);
  const root = dictionary({ best: scalar, model: dictionary({ a: weight }) });
  const { ignored } = await openObject(root, { 0: new Uint8Array(4) });
  assert.deepEqual(ignored, ["best (scalar)"]);
});

Deno.test("a file that cannot be read says why in one sentence", async () => {
  const refuse = (object: Code, message: RegExp, storages: Record<string, Uint8Array> = {}) =>
    assert.rejects(openObject(object, storages), { name: "TypeError", message });
  const four = { 0: new Uint8Array(4) };
  const of = (code: Partial<Parameters<typeof tensor>[0]>) =>
    dictionary({ w: tensor({ count: 1, shape: [1], strides: [1], ...code }) });
  await refuse(
    call("os", "system", text("ls")),
    /^Cannot read PyTorch weights made\.pth: .*"os\.system"$/,
  );
  await refuse(call("models", "Vit"), /must hold a dictionary of tensors.*object of "models\.Vit"/);
  await refuse(dictionary({ epoch: int(1) }), /dictionary of tensors.*the keys \["epoch"\]/);
  await refuse(of({}), /"w" must have a storage of 4 bytes, got none/);
  await refuse(of({ count: 2 }), /"w" must have a storage of 8 bytes, got 4/, four);
  await refuse(of({ shape: [2] }), /at most the 1 values of its storage, got 2/, four);
  await refuse(of({ strides: [-1] }), /non-negative stride per axis/, four);
  await refuse(of({ offset: 1 }), /within the 1 values of its storage, got 1 to 2/, four);
  await refuse(of({ kind: "ComplexFloatStorage" }), /a type among F64.*ComplexFloat/, four);
  const read = (bytes: Uint8Array<ArrayBuffer>) => readWeightFile(memoryBytes(bytes, "made.pth"));
  const entry = { name: "a/data.pkl", bytes: pickle(dictionary({})) };
  await assert.rejects(read(zip([{ ...entry, method: 8 }])), /uncompressed.*method 8/);
  const big = { name: "a/byteorder", bytes: new TextEncoder().encode("big") };
  await assert.rejects(read(zip([entry, big])), /must be little endian, got "big"/);
  await assert.rejects(read(torchLegacy(entry.bytes, {}, false)), /little endian, got false/);
  await assert.rejects(
    read(pickle(dictionary({}))),
    /must start as torch\.save does, got an object/,
  );
  const pointer = new TextEncoder().encode("version https://git-lfs.github.com/spec/v1");
  await assert.rejects(read(pointer), /a safetensors or PyTorch file, got .*"version h"/);
  await assert.rejects(read(joined([])), /got one that starts with ""/);
});
