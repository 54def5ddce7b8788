import { Buffer } from "node:buffer";
import { type BitReader, bitReader, readOrNull } from "./bit_reader.ts";
import type { LookIntoPacket, ReadPacket } from "./packet_pictures.ts";

/** Start code prefix, and the codes of a layer (16 of them) and of a picture. */
const START = Uint8Array.of(0, 0, 1);
const LAYER = { first: 0x20, last: 0x2f };
const PICTURE = Uint8Array.of(0, 0, 1, 0xb6);

/** Picture types. */
const KIND = { intra: 0, bidirectional: 2 };

/** Aspect ratio code for explicit values. */
const OWN_ASPECT_RATIO = 15;

/** Shape code of a rectangular layer. */
const RECTANGULAR = 0;

/** Bytes that are searched for a layer header. */
const HEADER_BYTES = 1024;

/** User data of encoders that pack frames into the previous packet; ffmpeg unpacks them. */
const PACKING = /DivX\d+(b|Build)\d+p/;

/**
 * Inspects packets of MPEG-4 Part 2: ISO 14496-2, 6.2.5. A non-coded picture stands for a dropped frame, or
 * for one packed into an earlier packet. A frame packed into the last packet is not decoded.
 *
 * @param configuration the container's decoder configuration
 * @param first the first packet, whose headers are used if there are no others
 * @returns null if no header can be parsed
 */
export function mpeg4Pictures(
  configuration: Uint8Array,
  first: ReadPacket,
): LookIntoPacket | null {
  const headers = Buffer.concat([configuration, first(0, HEADER_BYTES)]);
  const layer = layerIn(headers);
  const timeBits = layer && readOrNull(() => timeBitsOf(bitReader(layer)));
  if (timeBits === null) return null;
  const packs = PACKING.test(headers.toString("latin1"));
  let references = 0;
  let waiting = 0; // coded pictures not displayed by a packet yet
  return (read, size) => {
    const packet = Buffer.from(read(0, size));
    const pictures = picturesIn(packet, timeBits);
    if (pictures === null || (pictures.length > 1 && !packs)) return null;
    for (const { kind, coded } of pictures) {
      // B-frames need both neighbours; the first ones may refer to frames that were cut off.
      if (kind === KIND.bidirectional && references < 2) return null;
      if (coded && kind !== KIND.bidirectional) references++;
      if (coded) waiting++;
    }
    const shown = Math.min(1, waiting);
    waiting -= shown;
    if (waiting > 1) return null;
    const again = layerIn(packet.subarray(0, packet.indexOf(PICTURE)));
    const sameSize = !again || again.equals(layer!);
    return { shown, key: pictures[0].kind === KIND.intra, sameSize };
  };
}

interface Picture {
  kind: number;
  coded: boolean;
}

/** The pictures of a packet; null if there are none or one cannot be parsed. */
function picturesIn(packet: Buffer, timeBits: number): Picture[] | null {
  const pictures: Picture[] = [];
  let at = packet.indexOf(PICTURE);
  if (at < 0) return null;
  for (; at >= 0; at = packet.indexOf(PICTURE, at + PICTURE.length)) {
    const picture = readOrNull(() => pictureAt(packet.subarray(at + PICTURE.length), timeBits));
    if (!picture) return null;
    pictures.push(picture);
  }
  return pictures;
}

/** The header of a layer without its start code, or null. */
function layerIn(bytes: Uint8Array): Buffer | null {
  const all = Buffer.from(bytes);
  for (let at = all.indexOf(START); at >= 0; at = all.indexOf(START, at + 1)) {
    if (all[at + 3] < LAYER.first || all[at + 3] > LAYER.last) continue;
    const end = all.indexOf(START, at + 4);
    return all.subarray(at + 4, end < 0 ? undefined : end);
  }
  return null;
}

/** Number of bits of a picture's time, from the layer header. */
function timeBitsOf(reader: BitReader): number {
  reader.bits(9);
  if (reader.flag()) reader.bits(7); // version
  if (reader.bits(4) === OWN_ASPECT_RATIO) reader.bits(16);
  if (reader.flag()) {
    reader.bits(3);
    if (reader.flag()) { // a decoder's buffer
      reader.bits(32);
      reader.bits(32);
      reader.bits(15);
    }
  }
  if (reader.bits(2) !== RECTANGULAR) throw new RangeError("Cannot read a layer of another shape");
  expectMark(reader);
  return Math.max(1, Math.ceil(Math.log2(reader.bits(16))));
}

function pictureAt(bytes: Uint8Array, timeBits: number): Picture {
  const reader = bitReader(bytes);
  const kind = reader.bits(2);
  while (reader.flag()) { /* A second each since the last one. */ }
  expectMark(reader);
  reader.bits(timeBits);
  expectMark(reader);
  return { kind, coded: reader.flag() };
}

function expectMark(reader: BitReader): void {
  if (!reader.flag()) throw new RangeError("Cannot read a header: a mark must be 1, got 0");
}
