import { centreCrop } from "@videoms/data/plain";
import { squareOf } from "../video/square_of.ts";
import { closeStream, openCameraStream } from "./record_clip.ts";
import type { TakenFrames } from "./taken_frames.ts";

/** Frames that a camera is asked for in a second. */
const RATE = 30;

/** The last frames of a camera. */
export interface Camera {
  /** The frames of a clip that ends now; null until there are enough. */
  clip(): TakenFrames | null;
  /** Turns it off. */
  close(): void;
}

/**
 * Turns the camera on and keeps the last frames of it, squares from its middle.
 *
 * @param frames how many make a clip
 * @param samplingRate stride between them, at 30 frames a second
 * @param size side in pixels
 * @throws {Error} if there is none, or the visitor does not allow it: a sentence
 */
export async function openCamera(
  frames: number,
  samplingRate: number,
  size: number,
): Promise<Camera> {
  const element = document.createElement("video");
  element.muted = true;
  element.playsInline = true;
  const stream = await openCameraStream();
  element.srcObject = stream;
  await element.play();
  const kept: Uint8Array[] = [];
  const timer = setInterval(() => {
    const { videoWidth: width, videoHeight: height } = element;
    if (width === 0) return;
    kept.push(squareOf(element, centreCrop({ width, height }), size));
    if (kept.length > frames) kept.shift();
  }, 1000 * samplingRate / RATE);
  return {
    clip() {
      if (kept.length < frames) return null;
      const pixels = new Uint8Array(frames * size * size * 3);
      kept.forEach((one, i) => pixels.set(one, i * one.length));
      return { numbers: Int32Array.from(kept.keys()), pixels };
    },
    close() {
      clearInterval(timer);
      closeStream(stream);
    },
  };
}
