import { Buffer } from "node:buffer";

/** Bytes of an MP4 box header; a long box has an 8-byte size after it. */
const BOX_HEAD = 16;

/** Boxes with the decoder configuration of H.264, HEVC and MPEG-4 Part 2. */
const BOXES = ["avcC", "hvcC", "esds"];

/** Bytes at the start of Matroska files in which streams are described. */
const TRACKS_BYTES = 65_536;

/** Matroska element IDs: decoder configuration, and the first frames. */
const PRIVATE = Uint8Array.of(0x63, 0xa2);
const CLUSTER = Uint8Array.of(0x1f, 0x43, 0xb6, 0x75);

/** Reads bytes of a file; fewer at the end. */
export type ReadFile = (offset: number, length: number) => Uint8Array;

/**
 * The decoder configurations of all streams in a file. ffprobe reports them only together with the contents
 * of all packets.
 *
 * @param container ffprobe's first name of the container
 */
export function configurations(read: ReadFile, size: number, container: string): Buffer[] {
  if (container === "mov") return inBoxes(read, size);
  if (container === "matroska") return inTracks(Buffer.from(read(0, TRACKS_BYTES)));
  return [];
}

function inBoxes(read: ReadFile, size: number): Buffer[] {
  for (let at = 0; at + BOX_HEAD <= size;) {
    const head = Buffer.from(read(at, BOX_HEAD));
    const short = head.readUInt32BE(0);
    const length = short === 1 ? Number(head.readBigUInt64BE(8)) : short || size - at;
    if (head.toString("latin1", 4, 8) === "moov") {
      const movie = Buffer.from(read(at, length));
      return BOXES.flatMap((name) => placesOf(movie, Buffer.from(name)))
        .map((place) => movie.subarray(place + 4, place - 4 + movie.readUInt32BE(place - 4)));
    }
    if (length < 8) break;
    at += length;
  }
  return [];
}

function inTracks(start: Buffer): Buffer[] {
  const cluster = start.indexOf(CLUSTER);
  const tracks = start.subarray(0, cluster < 0 ? undefined : cluster);
  return placesOf(tracks, PRIVATE).flatMap((place) => {
    const first = tracks[place + 2] ?? 0;
    // Sizes of one or two bytes, with a length marker.
    if (first >= 0x80) return [tracks.subarray(place + 3, place + 3 + (first & 0x7f))];
    const length = (first & 0x3f) << 8 | tracks[place + 3];
    return first >= 0x40 ? [tracks.subarray(place + 4, place + 4 + length)] : [];
  });
}

function placesOf(bytes: Buffer, name: Uint8Array): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at + 1)) places.push(at);
  return places;
}
