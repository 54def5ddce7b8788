import assert from "node:assert/strict";
import { memoryBytes, readSafetensors, readShardedIndex, readWeightFile } from "@videoms/core";
import { safetensorsOf } from "./pytorch_writer.ts";

const folder = new URL("../golden/hf-videomae/", import.meta.url);

Deno.test("tensors that are read when asked for are those of the whole file", async () => {
  const bytes = await Deno.readFile(new URL("model.safetensors", folder));
  const whole = readSafetensors(bytes);
  const places: number[] = [];
  const source = memoryBytes(bytes, "model.safetensors");
  const file = await readWeightFile({
    ...source,
    read: (offset, length) => {
      places.push(offset);
      return source.read(offset, length);
    },
  });
  assert.ok(places.every((place) => place <= 8), "only the header is read on opening");
  assert.deepEqual([file.format, file.metadata], ["safetensors", whole.metadata]);
  assert.deepEqual([...file.tensors.keys()], [...whole.tensors.keys()]);
  for (const [name, { type, shape, bytes }] of whole.tensors) {
    const tensor = file.tensors.get(name)!;
    assert.deepEqual([tensor.type, tensor.shape], [type, shape]);
    assert.deepEqual(await tensor.read(), bytes.slice());
  }
});

Deno.test("tensors come in the order of their bytes, whatever their names", async () => {
  const header = {
    1: { dtype: "U8", shape: [1], data_offsets: [1, 2] },
    b: { dtype: "U8", shape: [1], data_offsets: [0, 1] },
  };
  const { tensors } = await readWeightFile(memoryBytes(safetensorsOf(header, [5, 6]), "x"));
  assert.deepEqual([...tensors.keys()], ["b", "1"]);
});

Deno.test("a header whose length looks like a pickle's start is still a header", async () => {
  const header = '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'.padEnd(0x280);
  const bytes = safetensorsOf(header, [7]);
  assert.deepEqual([...bytes.subarray(0, 2)], [0x80, 2]);
  assert.equal((await readWeightFile(memoryBytes(bytes, "x"))).format, "safetensors");
});

Deno.test("headers that two readers would understand differently are refused", async () => {
  const entry = '{"dtype":"U8","shape":[1],"data_offsets":[0,1]}';
  const refuse = (header: string, message: RegExp) =>
    assert.rejects(readWeightFile(memoryBytes(safetensorsOf(header, [1]), "x")), message);
  await refuse(`{"a":${entry},"a":${entry}}`, /keys must be unique, got "a"/);
  await refuse(`{"a":${entry},"\\u0061":${entry}}`, /keys must be unique, got "a"/);
  await refuse(`{"a":${entry.replace("[1]", "[[1]]")}}`, /at most 3 levels/);
  await refuse(`{"a":${entry},"__metadata__":[]}`, /metadata must be an object of strings/);
  await refuse(`{"a":${entry},"__metadata__":{"x":1}}`, /metadata must be an object of strings/);
});

Deno.test("an index of shards names files in its own folder", () => {
  const index = (file: unknown) => JSON.stringify({ metadata: {}, weight_map: { a: file } });
  const read = (file: unknown) => readShardedIndex(index(file), "index.json");
  assert.deepEqual([...read("model-00001-of-00002.safetensors")], [
    ["a", "model-00001-of-00002.safetensors"],
  ]);
  for (const file of ["../a", "/a", "b/a", "b\\a", "C:a", "..", ".a", "", "a\n", 3, null]) {
    assert.throws(() => read(file), /Cannot read index index\.json: the file of "a" must be/);
  }
  const twice = '{"weight_map":{"a":"x","a":"y"}}';
  assert.throws(() => readShardedIndex(twice, "i"), /keys must be unique, got "a"/);
  assert.throws(() => readShardedIndex("{", "i"), /Cannot read index i: it must be JSON/);
  assert.throws(() => readShardedIndex("[]", "i"), /must have an object "weight_map", got none/);
});
