import assert from "node:assert/strict";
import { randomStream } from "@videoms/core";
import { philox } from "../../core/random/random_stream.ts";

Deno.test("philox gives the known answers of its authors", () => {
  const hex = (words: number[]) =>
    words.map((word) => word.toString(16).padStart(8, "0")).join(" ");
  // Random123 1.14, kat_vectors, philox4x32 10
  assert.equal(hex(philox([0, 0, 0, 0], [0, 0])), "6627e8d5 e169c58d bc57ac4c 9b00dbd8");
  const ones = 0xffffffff;
  assert.equal(
    hex(philox([ones, ones, ones, ones], [ones, ones])),
    "408f276d 41c83b0e a20bc7c6 6d5451fd",
  );
  assert.equal(
    hex(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])),
    "d16cfe09 94fdcceb 5001e420 24126ea1",
  );
});

Deno.test("a stream is a function of its seed and path alone", () => {
  const draw = () => [...randomStream(7, "mask", 3).uniforms(9)];
  assert.deepEqual(draw(), draw());
  assert.notDeepEqual(draw(), [...randomStream(7, "mask", 4).uniforms(9)]);
  assert.notDeepEqual(draw(), [...randomStream(8, "mask", 3).uniforms(9)]);
  const parent = randomStream(7, "mask", 3);
  const child = [...parent.child("a").uniforms(3)];
  parent.uniforms(100);
  assert.deepEqual(child, [...parent.child("a").uniforms(3)]);
});

Deno.test("numbers and names of a path do not collide", () => {
  const firsts = [
    randomStream(1, "a", "b"),
    randomStream(1, "ab"),
    randomStream(1, "a").child("b"),
    randomStream(1, 1),
    randomStream(1, "1"),
    randomStream(1, 1, 0),
    randomStream(1),
  ].map((stream) => stream.uniform());
  assert.equal(new Set(firsts).size, firsts.length);
});

Deno.test("uniform draws fill [0, 1) evenly", () => {
  const random = randomStream(0, "even");
  const counts = new Int32Array(10);
  for (const value of random.uniforms(100_000)) counts[Math.floor(value * 10)]++;
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 500, `${counts}`);
});

Deno.test("whole numbers, permutations and normals are what they say", () => {
  const random = randomStream(0, "shapes");
  const seen = new Set(Array.from({ length: 200 }, () => random.integer(5)));
  assert.deepEqual([...seen].sort(), [0, 1, 2, 3, 4]);
  assert.deepEqual([...random.permutation(50)].sort((a, b) => a - b), [...Array(50).keys()]);
  const normals = Array.from({ length: 50_000 }, () => random.normal());
  const mean = normals.reduce((a, b) => a + b) / normals.length;
  const variance = normals.reduce((a, b) => a + (b - mean) ** 2, 0) / normals.length;
  assert.ok(Math.abs(mean) < 0.02 && Math.abs(variance - 1) < 0.03, `${mean} ${variance}`);
});

Deno.test("impossible seeds and limits are refused", () => {
  assert.throws(() => randomStream(-1), /must be whole numbers from 0, got -1/);
  assert.throws(() => randomStream(0, 1.5), /got 1.5/);
  assert.throws(() => randomStream(0).integer(0), /must be 1 to 2\^32, got 0/);
});
