import type { ClipRequest } from "./clip_request.ts";
import type { TriedClip } from "./tried_clip.ts";
import { stretchOf } from "./decode_inputs.ts";

/** Maximum number of key frames tried to find out whether any part of a file can be decoded. */
const MOST_KEYS = 32;

/** Side of frames decoded only as a test, in pixels. */
const TRIED_SIZE = 16;

/**
 * Ranges of files that cannot be decoded. It only avoids failing again: a clip counts as damaged only if
 * decoding it must pass through an entire failed range.
 */
export interface KnownDamage {
  /** The error of a clip that is known to be damaged, or null. */
  errorOf(request: ClipRequest): string | null;
  /**
   * Records a clip's error, and tests by decoding single frames whether everything that starts at the same
   * key frame fails too, and then whether the whole file does.
   */
  trace(
    request: ClipRequest,
    error: string,
    decode: (request: ClipRequest) => Promise<TriedClip>,
  ): Promise<void>;
}

/** Creates an empty record of damage. */
export function createKnownDamage(): KnownDamage {
  /** The smallest last frame that was not reached, by file and start frame. */
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
      /** Whether the frame at a key frame, the least that a clip can need, fails. */
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

/** At most `most` of the values, evenly spread. */
function spread(values: readonly number[], most: number): readonly number[] {
  const count = Math.min(most, values.length);
  return Array.from({ length: count }, (_, i) => values[Math.floor(i * values.length / count)]);
}
