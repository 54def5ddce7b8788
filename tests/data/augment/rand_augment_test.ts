import { randomStream } from "@videoms/core";
import {
  applyOperations,
  drawOperations,
  type OperationName,
  parseRandAugment,
  randAugment,
} from "@videoms/data";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { OPERATION_NAMES, operationArgument } from "../../../data/augment/rand_augment.ts";
import { frameOf, patternClip } from "./clips.ts";

const STANDARD = parseRandAugment("rand-m7-n4-mstd0.5-inc1");

/**
 * The first bytes of SHA-256 of a 48×64 image after each operation, the same by Pillow 9.4.0 and
 * 12.3.0. Made by `python3` with
 *
 *     import hashlib, numpy as np
 *     from PIL import Image, ImageEnhance as E, ImageOps
 *     y, x, c = np.mgrid[0:48, 0:64, 0:3]
 *     values = (37*x + 53*y + 91*c + 11*x*y) // 7 % 256 * 3 // 4 + 20
 *     im = Image.fromarray(values.astype(np.uint8))
 *     kw = dict(resample=Image.BICUBIC, fillcolor=(128, 128, 128))
 *     A = lambda *m: im.transform(im.size, Image.AFFINE, m, **kw)
 *     r = dict(autoContrast=ImageOps.autocontrast(im), equalize=ImageOps.equalize(im),
 *       color=E.Color(im).enhance(1.63), contrast=E.Contrast(im).enhance(.37),
 *       brightness=E.Brightness(im).enhance(1.63), sharpness=E.Sharpness(im).enhance(1.63),
 *       shearX=A(1, .21, 0, 0, 1, 0), shearY=A(1, 0, 0, -.21, 1, 0),
 *       translateX=A(1, 0, .315*64, 0, 1, 0), translateY=A(1, 0, 0, 0, 1, -.315*48),
 *       rotate=im.rotate(-21, **kw))
 *     for k, v in r.items():
 *       print(k, hashlib.sha256(np.asarray(v).tobytes()).hexdigest()[:16])
 */
const PILLOW: [OperationName, number, string][] = [
  ["autoContrast", 0, "1417b105c4ceb2f3"],
  ["equalize", 0, "3f1e423448ab37ca"],
  ["color", 1.63, "0395a10be21d6739"],
  ["contrast", 0.37, "ad2436b03767fabf"],
  ["brightness", 1.63, "84d6e8b1832ecc0e"],
  ["sharpness", 1.63, "3b7b5acf8bce8455"],
  ["shearX", 0.21, "e7b545a2981fb505"],
  ["shearY", -0.21, "2879c11daa22e041"],
  ["translateX", 0.315, "ed52cf2d0b98f110"],
  ["translateY", -0.315, "640c702f4bca7077"],
  ["rotate", -21, "a1f9ce17bf6d2bd2"],
];

Deno.test("operations give Pillow's pixels, bit by bit", () => {
  const clip = patternClip(1, 48, 64);
  for (const [name, argument, expected] of PILLOW) {
    const { pixels } = applyOperations(clip, [{ name, argument }]);
    const hash = createHash("sha256").update(pixels).digest("hex").slice(0, 16);
    assert.equal(hash, expected, name);
  }
});

Deno.test("tables of values are what their names say", () => {
  const clip = {
    pixels: Uint8Array.of(0, 100, 127, 128, 200, 255),
    frames: 1,
    height: 1,
    width: 2,
  };
  const after = (name: OperationName, argument: number): number[] =>
    Array.from(applyOperations(clip, [{ name, argument }]).pixels);
  assert.deepEqual(after("invert", 0), [255, 155, 128, 127, 55, 0]);
  assert.deepEqual(after("posterize", 2), [0, 64, 64, 128, 192, 192]);
  assert.deepEqual(after("posterize", 0), [0, 0, 0, 0, 0, 0]);
  assert.deepEqual(after("solarize", 128), [0, 100, 127, 127, 55, 0]);
  assert.deepEqual(after("solarizeAdd", 110), [110, 210, 237, 128, 200, 255]);
  assert.deepEqual(after("brightness", 0.5), [0, 50, 63, 64, 100, 127]);
});

Deno.test("an operation at magnitude 0 changes nothing", () => {
  const clip = patternClip(2, 17, 23);
  const always: OperationName[] = ["autoContrast", "equalize", "invert", "posterize"];
  for (const name of OPERATION_NAMES.filter((name) => !always.includes(name))) {
    const argument = operationArgument(name, 0, 1, true);
    const after = applyOperations(clip, [{ name, argument }]);
    assert.deepEqual(after.pixels, clip.pixels, name);
  }
});

Deno.test("a clip's frame comes out as it does alone, and the clip is left as it was", () => {
  const clip = patternClip(3, 17, 23);
  const before = clip.pixels.slice();
  for (const name of OPERATION_NAMES) {
    const operation = { name, argument: operationArgument(name, 6.3, -1, true) };
    const together = applyOperations(clip, [operation]);
    for (let t = 0; t < clip.frames; t++) {
      const alone = applyOperations(frameOf(clip, t), [operation]);
      assert.deepEqual(frameOf(together, t).pixels, alone.pixels, `${name}, frame ${t}`);
    }
  }
  assert.deepEqual(clip.pixels, before);
});

Deno.test("inverting twice is the clip, a whole shift moves pixels and fills with grey", () => {
  const clip = patternClip(2, 10, 20);
  const invert = { name: "invert", argument: 0 } as const;
  assert.deepEqual(applyOperations(clip, [invert, invert]).pixels, clip.pixels);
  const shifted = applyOperations(clip, [{ name: "translateX", argument: 0.25 }]);
  for (let x = 0; x < 20; x++) {
    const expected = x < 15 ? clip.pixels[(x + 5) * 3] : 128;
    assert.equal(shifted.pixels[x * 3], expected);
  }
});

/** Arguments at M = 0, 2.5, 7 and 10, where larger magnitudes change more. */
const ARGUMENTS: Readonly<Record<OperationName, readonly [number, number, number, number]>> = {
  autoContrast: [0, 0, 0, 0],
  equalize: [0, 0, 0, 0],
  invert: [0, 0, 0, 0],
  rotate: [0, 7.5, 21, 30],
  posterize: [4, 3, 2, 0],
  solarize: [256, 192, 77, 0],
  solarizeAdd: [0, 27, 77, 110],
  color: [1, 1.225, 1.63, 1.9],
  contrast: [1, 1.225, 1.63, 1.9],
  brightness: [1, 1.225, 1.63, 1.9],
  sharpness: [1, 1.225, 1.63, 1.9],
  shearX: [0, 0.075, 0.21, 0.3],
  shearY: [0, 0.075, 0.21, 0.3],
  translateX: [0, 0.1125, 0.315, 0.45],
  translateY: [0, 0.1125, 0.315, 0.45],
};

Deno.test("every operation has the published argument at every magnitude, both ways", () => {
  const blends: OperationName[] = ["color", "contrast", "brightness", "sharpness"];
  const moves: OperationName[] = ["rotate", "shearX", "shearY", "translateX", "translateY"];
  assert.deepEqual(Object.keys(ARGUMENTS), OPERATION_NAMES);
  for (const name of OPERATION_NAMES) {
    [0, 2.5, 7, 10].forEach((magnitude, i) => {
      const right = ARGUMENTS[name][i];
      let left = right;
      if (moves.includes(name)) left = -right;
      else if (blends.includes(name)) left = Math.max(0.1, 2 - right);
      for (const [sign, expected] of [[1, right], [-1, left]] as const) {
        const argument = operationArgument(name, magnitude, sign, true);
        const message = `${name} at ${magnitude}: ${argument} is not ${expected}`;
        assert.ok(Math.abs(argument - expected) < 1e-12, message);
      }
    });
  }
});

Deno.test("without increasing, three kinds of operations take the first release's argument", () => {
  const argument = (name: OperationName, magnitude: number, sign: -1 | 1 = 1): number =>
    operationArgument(name, magnitude, sign, false);
  assert.deepEqual([0, 7, 10].map((magnitude) => argument("posterize", magnitude)), [0, 2, 4]);
  assert.deepEqual([0, 7, 10].map((magnitude) => argument("solarize", magnitude)), [0, 179, 256]);
  assert.ok(Math.abs(argument("contrast", 10, -1) - 1.9) < 1e-12);
  assert.equal(argument("contrast", 0), 0.1);
  assert.equal(argument("solarizeAdd", 7), 77);
});

Deno.test("draws follow the stream and the policy's probabilities", () => {
  const counts = new Map<string, number>();
  let turned = 0;
  let left = 0;
  const clips = 4000;
  for (let i = 0; i < clips; i++) {
    const drawn = drawOperations(STANDARD, randomStream(0, "augment", i));
    assert.deepEqual(drawn, drawOperations(STANDARD, randomStream(0, "augment", i)));
    for (const { name, argument } of drawn) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
      if (name !== "rotate") continue;
      turned += Math.abs(argument);
      if (argument < 0) left++;
    }
  }
  const expected = clips * 4 * 0.5 / 15; // 533, deviation 22
  assert.equal(counts.size, 15);
  for (const [name, count] of counts) {
    assert.ok(Math.abs(count - expected) < 110, `${name} ${count}`);
  }
  const rotations = counts.get("rotate") ?? 0;
  assert.ok(Math.abs(turned / rotations - 21) < 0.5);
  assert.ok(Math.abs(left / rotations - 0.5) < 0.1);
});

Deno.test("the same stream gives the same clip", () => {
  const clip = patternClip(2, 16, 16);
  const once = randAugment(clip, STANDARD, randomStream(3, "augment"));
  assert.deepEqual(once, randAugment(clip, STANDARD, randomStream(3, "augment")));
});

Deno.test("notation is read strictly", () => {
  assert.deepEqual(STANDARD, { magnitude: 7, operations: 4, spread: 0.5, increasing: true });
  const rand = { magnitude: 10, operations: 2, spread: 0, increasing: false };
  assert.deepEqual(parseRandAugment("rand"), rand);
  assert.equal(parseRandAugment("rand-m7-inc0").increasing, false);
  const bad: [string, RegExp][] = [
    ["", /it must start with "rand", got ""/],
    ["augmix-m5", /it must start with "rand", got "augmix"/],
    ["rand-m7-x4", /a part must be m, n, mstd or inc and a number, got "x4"/],
    ["rand-m7-n", /got "n"/],
    ["rand-m7-", /got ""/],
    ["rand-m11", /m must be 0 to 10, got "m11"/],
    ["rand-n2.5", /n must be a whole number from 1, got "n2.5"/],
    ["rand-n0", /got "n0"/],
    ["rand-inc2", /inc must be 0 or 1, got "inc2"/],
    ["rand-m7-m8", /a part must occur once, got "m8"/],
  ];
  for (const [notation, message] of bad) {
    assert.throws(() => parseRandAugment(notation), { name: "RangeError", message });
  }
});

Deno.test("a clip whose pixels do not fit its shape is refused", () => {
  const clip = { ...patternClip(2, 4, 4), frames: 3 };
  assert.throws(
    () => applyOperations(clip, [{ name: "rotate", argument: 5 }]),
    /Cannot prepare a clip: pixels must be T·H·W·3 bytes, got 96 bytes for T 3, H 4, W 4/,
  );
});
