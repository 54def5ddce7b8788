import type { YuvFrame } from "./yuv_frame.ts";

const half = (length: number) => (length + 1) >> 1;

/** Separates colours that lie side by side, as many decoders in hardware give them. */
function separate(pairs: Uint8Array): [Uint8Array, Uint8Array] {
  const [u, v] = [new Uint8Array(pairs.length / 2), new Uint8Array(pairs.length / 2)];
  for (let i = 0; i < u.length; i++) {
    u[i] = pairs[2 * i];
    v[i] = pairs[2 * i + 1];
  }
  return [u, v];
}

/** A plane turned clockwise by a quarter, as often as asked for. */
function turnPlane(plane: Uint8Array, width: number, height: number, quarters: number): Uint8Array {
  if (quarters === 0) return plane;
  const turned = new Uint8Array(plane.length);
  for (let row = 0, to = 0; row < width; row++) {
    for (let column = 0; column < height; column++) {
      turned[to++] = plane[(height - 1 - column) * width + row];
    }
  }
  return turnPlane(turned, height, width, quarters - 1);
}

/** What a file says of its frames. Browsers fill in guesses where it says nothing, so theirs are not asked. */
export interface FrameFacts extends Pick<YuvFrame, "matrix" | "fullRange"> {
  /** Degrees clockwise by which frames are to be turned. */
  readonly rotation: number;
}

/**
 * The planes of a decoded frame, upright.
 *
 * @returns null for formats other than 8 bits of 4:2:0, which a canvas has to convert
 */
export async function yuvPlanes(
  frame: VideoFrame,
  { rotation, matrix, fullRange }: FrameFacts,
): Promise<YuvFrame | null> {
  const { format, visibleRect } = frame;
  if (!visibleRect || (format !== "I420" && format !== "NV12")) return null;
  const { width, height } = visibleRect;
  const bytes = new Uint8Array(frame.allocationSize());
  await frame.copyTo(bytes);
  const light = width * height;
  const colour = half(width) * half(height);
  const y = bytes.subarray(0, light);
  const rest = bytes.subarray(light, light + 2 * colour);
  const [u, v] = format === "NV12"
    ? separate(rest)
    : [rest.subarray(0, colour), rest.subarray(colour)];
  const quarters = rotation / 90 % 4;
  const isTurned = quarters % 2 === 1;
  const turn = (plane: Uint8Array) => turnPlane(plane, half(width), half(height), quarters);
  return {
    width: isTurned ? height : width,
    height: isTurned ? width : height,
    y: turnPlane(y, width, height, quarters),
    u: turn(u),
    v: turn(v),
    matrix,
    fullRange,
  };
}
