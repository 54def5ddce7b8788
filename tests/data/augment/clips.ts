import type { PixelClip } from "@videoms/data";

/** A clip whose values are a formula of their place; every frame is another one. */
export function patternClip(frames: number, height: number, width: number): PixelClip {
  const pixels = new Uint8Array(frames * height * width * 3);
  let i = 0;
  for (let t = 0; t < frames; t++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < 3; c++) {
          const value = Math.floor((37 * x + 53 * y + 91 * c + 11 * x * y + 29 * t) / 7) % 256;
          pixels[i++] = Math.floor(value * 3 / 4) + 20;
        }
      }
    }
  }
  return { pixels, frames, height, width };
}

/** One frame of a clip as a clip. */
export function frameOf(clip: PixelClip, frame: number): PixelClip {
  const length = clip.pixels.length / clip.frames;
  return { ...clip, pixels: clip.pixels.slice(frame * length, (frame + 1) * length), frames: 1 };
}
