import type { Packet } from "../seek_table.ts";
import { inspectPackets, type PacketStream } from "./inspect_packets.ts";
import type { FrameScan } from "./scan_frames.ts";

/** The frames of a file. */
export interface CountedFrames {
  /** Number of decodable frames. */
  readonly frames: number;
  /** Their packets and those that an edit list discards, or null if packets and frames do not correspond. */
  readonly packets: readonly Packet[] | null;
  /** Result of decoding, if it was needed. */
  readonly scan?: FrameScan;
}

/**
 * Counts decodable frames: from packet headers if possible, else by decoding.
 *
 * @param decode decodes the file
 */
export async function countFrames(
  path: string,
  packets: readonly Packet[],
  stream: PacketStream,
  decode: () => Promise<FrameScan>,
): Promise<CountedFrames> {
  const inspected = inspectPackets(path, packets, stream);
  if (inspected?.exact) {
    const frames = inspected.packets.filter(({ discarded }) => !discarded).length;
    return { frames, packets: inspected.packets };
  }
  const scan = await decode();
  const keyOf = new Map(scan.frames.map(({ pts, key }) => [pts, key]));
  const withFrames = (inspected?.packets ?? packets)
    .filter(({ pts }) => keyOf.has(pts))
    // If packets cannot be inspected, the decoder's key frames are used for seeking.
    .map((packet) => ({
      ...packet,
      key: packet.key && (inspected !== null || keyOf.get(packet.pts)!),
    }));
  const frames = scan.frames.length;
  // ffmpeg configures filters for the first frame size, so decoding must always start the same way.
  const known = !scan.resized && withFrames.length === frames &&
    !packets.some(({ discarded }) => discarded);
  return { frames, packets: known ? withFrames : null, scan };
}
