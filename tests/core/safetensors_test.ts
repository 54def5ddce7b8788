import assert from "node:assert/strict";
import {
  floatValues,
  integerValues,
  readSafetensors,
  type StoredTensor,
  storedTensor,
  writeSafetensors,
} from "@videoms/core";

function join(parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function fileOf(header: unknown, data: number[] = []): Uint8Array {
  const json = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

const example = new Map([
  ["a.weight", { shape: [2, 3], values: Float32Array.of(1, -2, 3.5, NaN, Infinity, -0) }],
  ["empty", { shape: [0, 4], values: new Float32Array(0) }],
  ["b", { shape: [], values: Float32Array.of(7) }],
]);

Deno.test("what is written is read back, bit for bit", () => {
  const bytes = join(writeSafetensors(example, { step: "3" }));
  const { tensors, metadata } = readSafetensors(bytes);
  assert.deepEqual(metadata, { step: "3" });
  assert.deepEqual([...tensors.keys()], [...example.keys()]);
  for (const [name, { shape, values }] of example) {
    assert.deepEqual(tensors.get(name)!.shape, shape);
    assert.deepEqual(floatValues(tensors.get(name)!), values);
  }
  assert.deepEqual(join(writeSafetensors(tensors, metadata)), bytes);
});

Deno.test("other element types become float32", () => {
  const stored = (
    type: "F16" | "BF16" | "F64" | "U8" | "I32",
    bytes: number[],
    shape: number[],
  ) => [...floatValues({ type, shape, bytes: Uint8Array.from(bytes) })];
  assert.deepEqual(stored("F16", [0x00, 0x3c, 0x01, 0x00, 0x00, 0xfc], [3]), [
    1,
    2 ** -24,
    -Infinity,
  ]);
  assert.deepEqual(stored("BF16", [0x80, 0x3f, 0x00, 0xc0], [2]), [1, -2]);
  assert.deepEqual(stored("F64", [0, 0, 0, 0, 0, 0, 0xf8, 0x3f], [1]), [1.5]);
  assert.deepEqual(stored("U8", [0, 255], [2]), [0, 255]);
  assert.deepEqual(stored("I32", [255, 255, 255, 255], [1]), [-1]);
});

Deno.test("int32 tensors are read back whole, and no other type is taken for one", () => {
  const values = Int32Array.of(0, -1, 2 ** 31 - 1, -(2 ** 31), 16_777_217);
  const rows: StoredTensor = storedTensor(values, [5]);
  // A view at an odd place of a larger buffer, as files give them.
  const file = join([new Uint8Array(3), ...writeSafetensors(new Map([["rows", rows]]))]);
  const { tensors } = readSafetensors(file.subarray(3));
  assert.deepEqual(integerValues(tensors.get("rows")!), values);
  const floats: StoredTensor = { type: "F32", shape: [5], bytes: rows.bytes };
  assert.throws(() => integerValues(floats), /must be of type I32, got F32/);
});

Deno.test("malformed files are refused with the file's name and the rule", () => {
  const refuse = (bytes: Uint8Array, message: RegExp) =>
    assert.throws(() => readSafetensors(bytes, "w.safetensors"), message);
  const tensor = (offsets: number[], shape = [1], dtype = "F32") => ({
    dtype,
    shape,
    data_offsets: offsets,
  });
  refuse(new Uint8Array(3), /w\.safetensors: it must have at least 8 bytes, got 3/);
  const tooLong = fileOf("{}");
  tooLong[0] = 200;
  refuse(tooLong, /header of 200 bytes must lie within/);
  refuse(fileOf("{"), /header must be JSON/);
  refuse(fileOf("[]"), /header must be a JSON object/);
  refuse(fileOf({ a: tensor([0, 4]) }, [1, 2]), /"a" must fill 4 bytes within 2/);
  refuse(fileOf({ a: tensor([0, 4], [2]) }, [1, 2, 3, 4]), /"a" must fill 8 bytes/);
  refuse(fileOf({ a: tensor([0, 4], [1], "Q4") }, [1, 2, 3, 4]), /type among/);
  refuse(fileOf({ a: tensor([0, 4], [-1]) }, [1, 2, 3, 4]), /shape of "a"/);
  const two = { a: tensor([0, 4]), b: tensor([0, 4]) };
  refuse(fileOf(two, [1, 2, 3, 4]), /without gaps/);
  refuse(fileOf({ a: tensor([0, 4]) }, [1, 2, 3, 4, 5]), /fill the file, 1 bytes are left/);
  const whole = join(writeSafetensors(example));
  refuse(whole.subarray(0, whole.length - 1), /must fill/);
});
