import { ALL_FORMATS, BlobSource, EncodedPacketSink, Input, VideoSampleSink } from "mediabunny";
import type { InputVideoTrack, VideoSample } from "mediabunny";
import { centreCrop, type CropBox, type FrameSize } from "@videoms/data/plain";
import { FrameScaler } from "./scale_frame.ts";
import type { YuvFrame } from "./yuv_frame.ts";
import { type FrameFacts, yuvPlanes } from "./yuv_planes.ts";
import { squareOf } from "./square_of.ts";

/** What long reading tells on its way, and what ends it. */
export interface ReadingOptions {
  /** Called with the share that is done, from 0 to 1. */
  onProgress?: (share: number) => void;
  signal?: AbortSignal;
}

/** How a clip is read. */
export interface ClipOptions extends ReadingOptions {
  /** The part of a frame that is taken. @default the square in its middle */
  box?: CropBox;
}

/** A video whose frames can be had by number. */
export interface OpenedVideo extends Disposable {
  /** Number of frames. */
  readonly frames: number;
  /** When each frame is shown, in seconds, ascending. */
  readonly times: Float64Array;
  /** Size of an upright frame in pixels. */
  readonly width: number;
  readonly height: number;
  /** Mean number of frames a second; 0 if it has one frame only. */
  readonly fps: number;
  /**
   * The square in the middle of some frames, as commands decode it.
   *
   * @param frames numbers from 0, ascending; repeats repeat a frame
   * @param size side in pixels
   * @returns u8 [frames, size, size, 3]
   * @throws {Error} if the video is damaged there, and the signal's reason
   */
  clip(frames: ArrayLike<number>, size: number, options?: ClipOptions): Promise<Uint8Array>;
}

/** Frames of a video that are looked up at most: an hour at 30 a second is 108,000. */
const MOST_FRAMES = 200_000;

/** Pixels of a frame that are taken at most: a decoder holds several, and a page that takes too much memory ends. */
const MOST_PIXELS = 8192 * 4320;

/** Packets by which the number of all is estimated, before they are gone through one by one. */
const PROBED = 100;

/** Frames after which progress is told while a file is looked through. */
const TELL_EVERY = 2_000;

const CONVERT = "ffmpeg -i video -c:v libx264 -pix_fmt yuv420p video.mp4 makes one of it";

function tooLong(name: string): Error {
  return new Error(
    `Cannot read ${name}: a video must have at most ${MOST_FRAMES} frames, got more; cut a part out of it`,
  );
}

/** When the frames of a track are shown, in seconds. */
async function frameTimes(
  track: InputVideoTrack,
  name: string,
  { onProgress, signal }: ReadingOptions,
): Promise<Float64Array> {
  const times: number[] = [];
  const duration = await track.getDurationFromMetadata().catch(() => null) ?? 0;
  const { averagePacketRate: rate, packetCount } = await track.computePacketStats(PROBED);
  // Of packets that come in bursts the estimate is off by far, so it only saves the way to what is refused anyway.
  if (packetCount >= PROBED && rate * duration > 4 * MOST_FRAMES) throw tooLong(name);
  const packets = new EncodedPacketSink(track).packets(undefined, undefined, {
    metadataOnly: true,
  });
  for await (const { timestamp } of packets) {
    times.push(timestamp);
    if (times.length > MOST_FRAMES) throw tooLong(name);
    if (times.length % TELL_EVERY === 0) {
      signal?.throwIfAborted();
      onProgress?.(Math.min(1, timestamp / Math.max(duration, 1e-9)));
    }
  }
  return Float64Array.from(times).sort();
}

async function videoTrack(input: Input, name: string): Promise<InputVideoTrack> {
  const unreadable = (why: string) =>
    new Error(`Cannot read ${name}: it must be a video in a format of the web, got ${why}`);
  let track;
  try {
    [track] = await input.getVideoTracks(); // the first one, as commands do
  } catch {
    throw unreadable(`something else. If it is a video, ${CONVERT}`);
  }
  if (!track) throw unreadable("a file without pictures, or one that is cut off");
  if (!await track.canDecode()) {
    const codec = await track.getCodec() ?? "an unknown codec";
    throw unreadable(`one in ${codec}, which this browser does not decode; ${CONVERT}`);
  }
  return track;
}

/**
 * Opens a video file in the browser, where it stays: its container is read here, its frames are decoded by the
 * browser's WebCodecs.
 *
 * @throws {Error} if it is none, is damaged, or has a codec that the browser lacks: a sentence for people
 */
export async function openVideo(
  file: Blob & { readonly name?: string },
  options: ReadingOptions = {},
): Promise<OpenedVideo> {
  const name = file.name ?? "the video";
  const input = new Input({ source: new BlobSource(file), formats: ALL_FORMATS });
  try {
    return await videoOf(input, name, options);
  } catch (error) {
    input.dispose();
    throw error;
  }
}

async function videoOf(input: Input, name: string, options: ReadingOptions): Promise<OpenedVideo> {
  const track = await videoTrack(input, name);
  const times = await frameTimes(track, name, options);
  const { length: frames } = times;
  if (frames === 0) {
    throw new Error(
      `Cannot read ${name}: a video must have frames, got none; the file may be cut off`,
    );
  }
  const [rotation, { matrix = null, fullRange }, codedWidth, codedHeight] = await Promise.all([
    track.getRotation(),
    track.getColorSpace(),
    track.getCodedWidth(),
    track.getCodedHeight(),
  ]);
  if (codedWidth * codedHeight > MOST_PIXELS) {
    throw new Error(
      `Cannot read ${name}: its frames must have at most 8192 × 4320 pixels, which take 50 MB each, got ` +
        `${codedWidth} × ${codedHeight}; ffmpeg -i video -vf scale=1920:-2 video.mp4 makes a smaller one of it`,
    );
  }
  const isTurned = rotation % 180 !== 0;
  const [width, height] = isTurned ? [codedHeight, codedWidth] : [codedWidth, codedHeight];
  const span = times[frames - 1] - times[0];
  const facts = { rotation, matrix, fullRange: fullRange ?? false };
  const source = { sink: new VideoSampleSink(track), times, facts, name };
  return {
    frames,
    times,
    width,
    height,
    fps: span > 0 ? (frames - 1) / span : 0,
    clip: (numbers, size, reading) => readClip(source, numbers, size, reading),
    [Symbol.dispose]: () => input.dispose(),
  };
}

interface Reading {
  readonly sink: VideoSampleSink;
  readonly times: Float64Array;
  readonly facts: FrameFacts;
  readonly name: string;
}

/** A little after a frame begins: what is shown then is this frame, however times are rounded. */
function withinFrame(times: Float64Array, frame: number): number {
  return times[frame] + ((times[frame + 1] ?? times[frame] + 1) - times[frame]) / 8;
}

/** The planes of a sample; null where a canvas has to convert it. */
async function planesOf(sample: VideoSample, facts: FrameFacts): Promise<YuvFrame | null> {
  const frame = sample.toVideoFrame();
  try {
    return await yuvPlanes(frame, facts);
  } finally {
    frame.close(); // decoders wait for frames that are held
  }
}

/** Size of a sample's stored pixels, upright. */
function storedSize({ codedWidth, codedHeight }: VideoSample, { rotation }: FrameFacts): FrameSize {
  return rotation % 180 === 0
    ? { width: codedWidth, height: codedHeight }
    : { width: codedHeight, height: codedWidth };
}

/** A box of stored pixels where it is displayed: stored pixels need not be square. */
function asDisplayed(box: CropBox, { width, height }: FrameSize, sample: VideoSample): CropBox {
  const [across, down] = [sample.displayWidth / width, sample.displayHeight / height];
  return {
    x: box.x * across,
    y: box.y * down,
    width: box.width * across,
    height: box.height * down,
  };
}

async function readClip(
  { sink, times, facts, name }: Reading,
  numbers: ArrayLike<number>,
  size: number,
  { onProgress, signal, box }: ClipOptions = {},
): Promise<Uint8Array> {
  const wanted = Array.from(numbers);
  const distinct = [...new Set(wanted)];
  const bytes = size * size * 3;
  const pixels = new Uint8Array(wanted.length * bytes);
  const damaged = (why: string) =>
    new Error(
      `Cannot read ${name}: frames ${distinct[0]} to ${
        distinct.at(-1)
      } must be whole, got ${why}; ` +
        "the file may be cut off. Choose another part of it",
    );
  let scaler: FrameScaler | null = null;
  let done = 0;
  const takeSquare = async (sample: VideoSample | null) => {
    signal?.throwIfAborted();
    const expected = times[distinct[done]];
    if (!sample || Math.abs(sample.timestamp - expected) > 1e-4) throw damaged("none");
    const yuv = await planesOf(sample, facts);
    const stored = yuv ?? storedSize(sample, facts);
    const part = box ?? centreCrop(stored);
    if (!yuv) return squareOf(sample, asDisplayed(part, stored, sample), size);
    scaler ??= new FrameScaler(part, size);
    return scaler.scale(yuv);
  };
  try {
    const samples = sink.samplesAtTimestamps(distinct.map((frame) => withinFrame(times, frame)));
    for await (const sample of samples) {
      const own = await takeSquare(sample).finally(() => sample?.close());
      wanted.forEach((number, i) => {
        if (number === distinct[done]) pixels.set(own, i * bytes);
      });
      done++;
      onProgress?.(done / distinct.length);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw (error as Error).message.startsWith("Cannot") ? error : damaged((error as Error).message);
  }
  if (done < distinct.length) throw damaged(`${done} of ${distinct.length}`);
  return pixels;
}
