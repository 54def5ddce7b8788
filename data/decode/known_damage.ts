import type { ClipRequest } from "./clip_request.ts";
import type { TriedClip } from "./decode_group.ts";
import { stretchOf } from "./decode_inputs.ts";

/** Key frames of a file that are tried at most to find out whether any of it can be decoded. */
const MOST_KEYS = 32;

/** Side of the frames that are decoded only to see whether they can be, in pixels. */
const TRIED_SIZE = 16;

/**
 * Stretches of files that cannot be decoded. It saves the work of failing again and changes nothing
 * else: a clip is known to be damaged only if decoding it has to pass through all of a stretch that failed.
 */
export interface KnownDamage {
  /** Why a clip is known to be damaged, or null. */
  errorOf(request: ClipRequest): string | null;
  /**
   * Keeps what a clip failed of, and finds out by decoding single frames whether everything that starts
   * where it did fails too, and then whether the whole file does.
   */
  trace(
    request: ClipRequest,
    error: string,
    decode: (request: ClipRequest) => Promise<TriedClip>,
  ): Promise<void>;
}

/** Knows of no damage yet. */
export function createKnownDamage(): KnownDamage {
  /** By file and frame that decoding starts at: the least last frame that was not reached. */
  const failed = new Map<string, Map<number, { last: number; error: string }>>();

  const errorOf: KnownDamage["errorOf"] = (request) => {
    const { path, from, last } = stretchOf(request);
    const known = failed.get(path)?.get(from);
    return known && known.last <= last ? known.error : null;
  };
  const note = (request: ClipRequest, error: string): void => {
    const { path, from, last } = stretchOf(request);
    const ofFile = failed.get(path) ?? new Map<number, { last: number; error: string }>();
    failed.set(path, ofFile);
    if (last < (ofFile.get(from)?.last ?? Infinity)) ofFile.set(from, { last, error });
  };
  return {
    errorOf,
    async trace(request, error, decode) {
      note(request, error);
      const { record } = request;
      const key = stretchOf(request).from;
      /** Whether the frame at a key frame, the least that a clip can need, is known to fail or fails now. */
      const fails = async (frame: number): Promise<boolean> => {
        const one = frameRequest(request, frame);
        if (errorOf(one) !== null) return true;
        const clip = await decode(one);
        if ("pixels" in clip || clip.passing) return false;
        note(one, clip.error);
        return true;
      };
      if (!await fails(key) || !record.seek) return;
      for (const other of spread(record.seek.keyframes, MOST_KEYS)) {
        if (!await fails(other)) return;
      }
    },
  };
}

/** A request for one frame of the video of another. */
function frameRequest({ record }: ClipRequest, frame: number): ClipRequest {
  const { width, height } = record;
  return { record, frames: [frame], crop: { x: 0, y: 0, width, height }, size: TRIED_SIZE };
}

/** At most `most` of the values, over all their length. */
function spread(values: readonly number[], most: number): readonly number[] {
  const count = Math.min(most, values.length);
  return Array.from({ length: count }, (_, i) => values[Math.floor(i * values.length / count)]);
}
