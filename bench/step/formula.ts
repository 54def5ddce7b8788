import { type HostTensors, type ParameterSpec, sizeOf } from "@videoms/core";

/**
 * Weights that every implementation can make for itself: value i of tensor t is uniform in ±scale by a
 * hash of i and t, `scale` being √(3/rows) for matrices and 0.1 for vectors; scales of norms get 1 more.
 */
export function formulaWeights(specs: readonly ParameterSpec[]): HostTensors {
  return new Map(specs.map(({ name, shape }, t) => {
    const scale = shape.length > 1 ? Math.sqrt(3 / shape[0]) : 0.1;
    const offset = name.endsWith(".scale") ? 1 : 0;
    return [
      name,
      Float32Array.from(
        { length: sizeOf(shape) },
        (_, i) => offset + scale * (mix(i + Math.imul(t, 0x9e3779b9)) / 2 ** 31 - 1),
      ),
    ];
  }));
}

/** A number of 32 bits that looks like chance (the finaliser of MurmurHash3). */
function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * Bytes of clips, row-major [B, T, H, W, 3], that every implementation can make for itself: a fixed noise,
 * moved by 12 bytes from frame to frame, and other noise in every clip.
 */
export function formulaPixels(batch: number, frames: number, imageSize: number): Uint8Array {
  const frame = imageSize * imageSize * 3;
  const pixels = new Uint8Array(batch * frames * frame);
  for (let f = 0; f < batch * frames; f++) {
    const clip = Math.floor(f / frames);
    for (let i = 0; i < frame; i++) {
      const at = (i + 12 * (f % frames)) % frame;
      pixels[f * frame + i] = mix(at + frame * clip) >>> 24;
    }
  }
  return pixels;
}

/**
 * For `count` places, 0 for those that are visible and 1 for targets: spread evenly, with no chance, so that
 * every implementation has the same.
 */
export function evenRoles(visible: number, count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, rank) => {
    const seen = (ranks: number) => Math.floor(ranks * visible / count);
    return seen(rank + 1) > seen(rank) ? 0 : 1;
  });
}
