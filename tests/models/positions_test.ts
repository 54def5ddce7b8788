import assert from "node:assert/strict";
import { floatValues, readSafetensors } from "@videoms/core";
import { positionTable } from "@videoms/models";

Deno.test("position tables equal the recorded ones", async () => {
  const file = new URL("../golden/positions.safetensors", import.meta.url);
  const { tensors } = readSafetensors(await Deno.readFile(file));
  assert.ok(tensors.size >= 3);
  for (const [name, tensor] of tensors) {
    const [, tokens, width, , every = "1"] = /(\d+)x(\d+)(\.every(\d+))?/.exec(name)!;
    const table = positionTable(Number(tokens), Number(width));
    const [rows, columns] = tensor.shape;
    floatValues(tensor).forEach((value, i) => {
      const row = Math.floor(i / columns) * Number(every);
      assert.ok(Math.abs(table[row * columns + i % columns] - value) < 1e-7, `${name} ${i}`);
    });
    assert.ok(rows * Number(every) >= Number(tokens));
  }
});

Deno.test("positions of a clip of 1568 tokens and width 768 are the recorded ones", async () => {
  const file = new URL("../golden/formula.json", import.meta.url);
  const recorded: Record<string, number> =
    JSON.parse(await Deno.readTextFile(file)).sinusoid_1568x768;
  const table = positionTable(1568, 768);
  for (const [place, value] of Object.entries(recorded)) {
    const [token, element] = place.split(",").map(Number);
    assert.ok(Math.abs(table[token * 768 + element] - value) < 1e-7, place);
  }
});
