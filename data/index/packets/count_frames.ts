import type { Packet } from "../seek_table.ts";
import { inspectPackets, type PacketStream } from "./inspect_packets.ts";
import type { FrameScan } from "./scan_frames.ts";

/** The frames of a file. */
export interface CountedFrames {
  /** How many decoding gives. */
  readonly frames: number;
  /** Their packets and those that an edit list discards, or null if frames have no packets of their own. */
  readonly packets: readonly Packet[] | null;
  /** What decoding showed, where that had to be tried. */
  readonly scan?: FrameScan;
}

/**
 * Counts the frames that decoding gives: by the packets where their headers tell, else by decoding.
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
    // What could not be looked into is sought in where the decoder found a key frame.
    .map((packet) => ({
      ...packet,
      key: packet.key && (inspected !== null || keyOf.get(packet.pts)!),
    }));
  const frames = scan.frames.length;
  // ffmpeg fits the first graph of filters to the first size; decoding must always come the same way.
  const known = !scan.resized && withFrames.length === frames &&
    !packets.some(({ discarded }) => discarded);
  return { frames, packets: known ? withFrames : null, scan };
}
