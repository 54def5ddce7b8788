import type { ClipRequest, DecodedClip } from "./clip_request.ts";
import { startingKey } from "../index/seek_table.ts";
import { brokenImage } from "./broken_image.ts";
import { cutGroup } from "./cut_group.ts";
import type { TriedClip } from "./tried_clip.ts";
import type { KnownDamage } from "./known_damage.ts";

/** Options of {@linkcode decodeInParts}. */
export interface DecodeInPartsOptions {
  /** Records what cannot be decoded. */
  damage?: KnownDamage;
  /** Whether to never fall back to decoding from the start of the file. @default false */
  keepStarts?: boolean;
}

/**
 * Decodes a group, skipping known damage. One bad file may fail all clips of a process, so a failed group is
 * split in two and retried, and a single clip is retried alone, finally from the start of its file in case
 * the key frame table is wrong.
 *
 * @param tryGroup decodes clips in one process; returns one entry each, in order
 * @returns one entry per request, in order
 */
export async function decodeInParts(
  group: readonly ClipRequest[],
  tryGroup: (group: readonly ClipRequest[]) => Promise<readonly TriedClip[]>,
  options: DecodeInPartsOptions = {},
): Promise<DecodedClip[]> {
  const { damage, keepStarts = false } = options;
  if (group.length === 0) return [];
  const decode = (isPart: (i: number) => boolean) =>
    decodeInParts(group.filter((_, i) => isPart(i)), tryGroup, options);
  const known = group.map((request) => damage?.errorOf(request) ?? null);
  if (known.some((error) => error !== null)) {
    const others = (await decode((i) => known[i] === null)).values();
    return known.map((error) => error === null ? others.next().value! : { error });
  }
  const clips = await tryGroup(group);
  const first = clips.every((clip) => "error" in clip) ? cutGroup(group, clips) : null;
  if (first !== null) {
    // One after the other, so that damage found in the first part is known in the second.
    const [inFirst, inSecond] = [
      (await decode((i) => first[i])).values(),
      (await decode((i) => !first[i])).values(),
    ];
    return first.map((isFirst) => (isFirst ? inFirst : inSecond).next().value!);
  }
  const decodeAlone = async (request: ClipRequest) => (await tryGroup([request]))[0];
  return await Promise.all(clips.map(async (clip, i) => {
    if ("pixels" in clip) return clip;
    const again = await decodeAlone(group[i]);
    if ("pixels" in again) return again;
    if (!keepStarts && isSoughtIn(group[i])) {
      const fromStart = await decodeAlone(startingEarly(group[i]));
      if ("pixels" in fromStart) return fromStart;
    }
    if (again.passing) return { error: again.error };
    if (group[i].record.images) return { error: await brokenImage(group[i], again, decodeAlone) };
    await damage?.trace(group[i], again.error, decodeAlone);
    return { error: again.error };
  }));
}

function isSoughtIn({ record: { seek }, frames }: ClipRequest): boolean {
  return seek !== null && startingKey(seek, frames[0]) > 0;
}

/** The same request, decoded from the start of the file. */
function startingEarly(request: ClipRequest): ClipRequest {
  const { record } = request;
  const seek = record.seek && { ...record.seek, keyframes: [0] };
  return { ...request, record: { ...record, seek } };
}
