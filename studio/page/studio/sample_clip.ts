import { type ClipGeometry, randomStream } from "@videoms/core";
import type { TakenFrames } from "../parts/taken_frames.ts";

const DISC: readonly number[] = [245, 205, 90];

/** A soft stripe pattern that stands still. */
function background(x: number, y: number): [number, number, number] {
  const wave = Math.sin(x * 9) * Math.cos(y * 7);
  return [70 + 25 * wave, 95 + 20 * wave, 120 + 30 * wave];
}

/**
 * A clip to begin with: a bright disc that crosses a background at rest.
 *
 * @param frames number of frames to draw
 */
export function sampleClip({ imageSize }: ClipGeometry, frames: number): TakenFrames {
  const pixels = new Uint8Array(frames * imageSize * imageSize * 3);
  const radius = 0.2;
  const noise = randomStream(0, "sample");
  for (let frame = 0, to = 0; frame < frames; frame++) {
    const share = frames === 1 ? 0.5 : frame / (frames - 1);
    const [cx, cy] = [0.15 + 0.7 * share, 0.7 - 0.45 * Math.sin(Math.PI * share)];
    for (let row = 0; row < imageSize; row++) {
      for (let column = 0; column < imageSize; column++) {
        const [x, y] = [(column + 0.5) / imageSize, (row + 0.5) / imageSize];
        const isInside = Math.hypot(x - cx, y - cy) < radius;
        const [red, green, blue] = isInside ? DISC : background(x, y);
        const grain = noise.integer(7) - 3; // as of a camera, so that no two tokens are the same
        pixels[to++] = red + grain;
        pixels[to++] = green + grain;
        pixels[to++] = blue + grain;
      }
    }
  }
  return { numbers: Int32Array.from({ length: frames }, (_, i) => i), pixels };
}
