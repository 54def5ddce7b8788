import { encode } from "fast-png";
import { writeAtomically } from "../files/write_atomically.ts";
import type { Canvas } from "./canvas.ts";

/** A canvas as the bytes of a PNG file. */
export function encodePng(canvas: Canvas): Uint8Array {
  const { width, height, data } = canvas;
  return encode({ width, height, data, channels: 3, depth: 8 });
}

/** Writes a canvas to a PNG file, whole or not at all. */
export async function writePng(path: string, canvas: Canvas): Promise<void> {
  await writeAtomically(path, [encodePng(canvas)]);
}
