import type { ClipRequest } from "./clip_request.ts";
import type { TriedClip } from "./tried_clip.ts";
import { stretchOf } from "./decode_inputs.ts";

/**
 * Splits a group that failed as a whole. The part to retry first: clips of the files that ffmpeg named, else
 * half of the files, else the clips that end before the others in their file.
 *
 * @param clips their results, in the same order
 * @returns null if the group cannot be split
 */
export function cutGroup(
  group: readonly ClipRequest[],
  clips: readonly TriedClip[],
): boolean[] | null {
  const blamed = clips.map((clip) => "error" in clip && clip.blamed);
  if (isCut(blamed)) return blamed;
  const middle = middleCut(group);
  if (middle > 0) return group.map((_, i) => i < middle);
  const ends = group.map((request) => stretchOf(request).last);
  const median = ends.toSorted((a, b) => a - b)[(group.length - 1) >> 1];
  const early = ends.map((end) => end <= median);
  if (isCut(early)) return early;
  const earlier = ends.map((end) => end < median);
  return isCut(earlier) ? earlier : null;
}

/** Whether both parts have a clip. */
function isCut(first: readonly boolean[]): boolean {
  return first.includes(true) && first.includes(false);
}

/** The boundary between two files that is nearest to the middle of a group, 0 if there is none. */
function middleCut(group: readonly ClipRequest[]): number {
  const middle = group.length / 2;
  let best = 0;
  for (let i = 1; i < group.length; i++) {
    if (group[i].record.path === group[i - 1].record.path) continue;
    if (Math.abs(i - middle) < Math.abs(best - middle)) best = i;
  }
  return best;
}
