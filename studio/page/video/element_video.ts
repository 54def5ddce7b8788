import { centreCrop, type CropBox } from "@videoms/data/plain";
import { squareOf } from "./square_of.ts";

/** Frames a second that are assumed of a video whose frames the browser does not tell. */
const ASSUMED_RATE = 30;

/** Milliseconds that a browser has to open a file, or to go to a frame. */
const PATIENCE = 20_000;

/** A video that a `<video>` element shows. */
export interface ElementVideo extends Disposable {
  /** Number of frames, as far as it can be told. */
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** As {@linkcode OpenedVideo.clip}; colours and sizes are converted by the browser. */
  clip(frames: ArrayLike<number>, size: number, options?: {
    onProgress?: (share: number) => void;
    signal?: AbortSignal;
    box?: CropBox;
  }): Promise<Uint8Array>;
}

/** Waits for an event of a video, or an error of it. */
async function once(element: HTMLVideoElement, name: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error("the browser did not answer")), PATIENCE);
  const fail = () => reject(new Error(element.error?.message || "something else"));
  element.addEventListener(name, () => resolve(), { once: true });
  element.addEventListener("error", fail, { once: true });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    element.removeEventListener("error", fail);
  }
}

/**
 * Opens a video without WebCodecs. Frames are those at times of 30 a second, so numbers differ from those of
 * commands where the video has another rate.
 *
 * @throws {Error} if the browser does not play the file: a sentence for people
 */
export async function openElementVideo(file: File): Promise<ElementVideo> {
  const element = document.createElement("video");
  element.muted = true;
  element.preload = "auto";
  const url = URL.createObjectURL(file);
  try {
    element.src = url;
    await once(element, "loadeddata");
  } catch (error) {
    URL.revokeObjectURL(url);
    throw new Error(
      `Cannot read ${file.name}: it must be a video that this browser plays, got ${
        (error as Error).message
      }`,
    );
  }
  const { videoWidth: width, videoHeight: height, duration } = element;
  return {
    frames: Math.max(1, Math.floor(duration * ASSUMED_RATE)),
    width,
    height,
    fps: ASSUMED_RATE,
    async clip(numbers, size, { onProgress, signal, box } = {}) {
      const part = box ?? centreCrop({ width, height });
      const pixels = new Uint8Array(numbers.length * size * size * 3);
      for (let i = 0; i < numbers.length; i++) {
        signal?.throwIfAborted();
        element.currentTime = (numbers[i] + 0.5) / ASSUMED_RATE;
        await once(element, "seeked");
        pixels.set(squareOf(element, part, size), i * size * size * 3);
        onProgress?.((i + 1) / numbers.length);
      }
      return pixels;
    },
    [Symbol.dispose]() {
      URL.revokeObjectURL(url);
      element.removeAttribute("src");
    },
  };
}
