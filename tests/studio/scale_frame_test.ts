import assert from "node:assert/strict";
import { join } from "node:path";
import { randomStream } from "@videoms/core";
import { ffmpeg } from "../data/test_videos.ts";
import { FrameScaler } from "../../studio/page/video/scale_frame.ts";

const [WIDTH, HEIGHT] = [341, 255];
const LIGHT = WIDTH * HEIGHT;
const COLOUR = 171 * 128;

/** Boxes and sizes: shrunk little and much, enlarged, as they are; odd sides and places. */
const CASES = [
  { box: { x: 43, y: 0, width: 255, height: 255 }, size: 224 },
  { box: { x: 43, y: 0, width: 255, height: 255 }, size: 32 },
  { box: { x: 7, y: 11, width: 120, height: 90 }, size: 128 },
  { box: { x: 10, y: 6, width: 96, height: 96 }, size: 96 },
];

const COLOURS = [
  { matrix: null, fullRange: false, named: "range=limited" },
  { matrix: "bt709", fullRange: true, named: "range=full:colorspace=bt709" },
];

Deno.test("page: frames are scaled to the very bytes that ffmpeg gives", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const random = randomStream(1, "frame");
    const bytes = Uint8Array.from({ length: LIGHT + 2 * COLOUR }, () => random.integer(256));
    await Deno.writeFile(join(folder, "frame.yuv"), bytes);
    const jobs = COLOURS.flatMap((colours) => CASES.map((one) => ({ ...one, ...colours })));
    const outputs = jobs.flatMap(({ box: { x, y, width, height }, size, named }, i) => [
      "-vf",
      `setparams=${named},crop=${width}:${height}:${x}:${y}:exact=1,scale=${size}:${size}:flags=bilinear`,
      ...["-f", "rawvideo", "-pix_fmt", "rgb24", join(folder, `${i}.rgb`)],
    ]);
    const input = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", `${WIDTH}x${HEIGHT}`];
    await ffmpeg(...input, "-i", join(folder, "frame.yuv"), ...outputs);
    const planes = {
      width: WIDTH,
      height: HEIGHT,
      y: bytes.subarray(0, LIGHT),
      u: bytes.subarray(LIGHT, LIGHT + COLOUR),
      v: bytes.subarray(LIGHT + COLOUR),
    };
    for (const [i, { box, size, matrix, fullRange }] of jobs.entries()) {
      const scaled = new FrameScaler(box, size).scale({ ...planes, matrix, fullRange });
      assert.deepEqual(scaled, await Deno.readFile(join(folder, `${i}.rgb`)), `case ${i}`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
