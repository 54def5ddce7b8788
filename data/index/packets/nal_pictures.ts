import { Buffer } from "node:buffer";
import { withoutEscapes } from "./bit_reader.ts";
import type { LookIntoPacket, ReadPacket } from "./packet_pictures.ts";

/** Bytes read of supplemental information (SEI): recovery points precede all long messages. */
const MESSAGE_BYTES = 512;

/** NAL unit types of H.264. */
const H264 = { slice: 1, partition: 2, idr: 5, message: 6, parameters: 7 };

/** NAL unit types of HEVC: random access slices, all slices, and parameter sets. */
const HEVC = { firstKey: 16, lastKey: 21, lastSlice: 31, parameters: 33 };

/** SEI message type of a recovery point. */
const RECOVERY_POINT = 6;

/**
 * Inspects packets of H.264 flagged as key frames: decoding can start at an IDR picture, or at a recovery
 * point that needs no further frames. With intra refresh it needs some.
 *
 * @param configuration the container's decoder configuration
 * @param lengthBytes size of the length field before each NAL unit
 */
export function h264Keys(configuration: Uint8Array, lengthBytes: number): LookIntoPacket {
  return (read) => {
    let recovers = false;
    let sameSize = true;
    for (const { kind, at, length } of nalUnits(read, lengthBytes, (byte) => byte & 31)) {
      if (kind === H264.idr) return { shown: 1, key: true, sameSize };
      if (kind === H264.slice || kind === H264.partition) {
        return { shown: 1, key: recovers, sameSize };
      }
      if (kind === H264.parameters) sameSize &&= holds(configuration, read(at, length));
      if (kind === H264.message) {
        recovers ||= recoversAtOnce(read(at + 1, Math.min(length - 1, MESSAGE_BYTES)));
      }
    }
    return null;
  };
}

/** Inspects packets of HEVC flagged as key frames, like {@linkcode h264Keys}. */
export function hevcKeys(configuration: Uint8Array, lengthBytes: number): LookIntoPacket {
  return (read) => {
    let sameSize = true;
    for (const { kind, at, length } of nalUnits(read, lengthBytes, (byte) => byte >> 1 & 63)) {
      if (kind === HEVC.parameters) sameSize &&= holds(configuration, read(at, length));
      if (kind > HEVC.lastSlice) continue;
      return { shown: 1, key: kind >= HEVC.firstKey && kind <= HEVC.lastKey, sameSize };
    }
    return null;
  };
}

interface NalUnit {
  kind: number;
  at: number;
  length: number;
}

/** The NAL units of a packet, up to the first invalid one. */
function* nalUnits(
  read: ReadPacket,
  lengthBytes: number,
  kindOf: (byte: number) => number,
): Generator<NalUnit> {
  for (let at = 0;;) {
    const start = read(at, lengthBytes + 1);
    if (start.length <= lengthBytes) return;
    const length = start.subarray(0, lengthBytes).reduce((sum, byte) => 256 * sum + byte, 0);
    if (length === 0 || start[lengthBytes] >= 128) return; // the first bit is always 0
    yield { kind: kindOf(start[lengthBytes]), at: at + lengthBytes, length };
    at += lengthBytes + length;
  }
}

function holds(configuration: Uint8Array, nal: Uint8Array): boolean {
  return Buffer.from(configuration).includes(nal);
}

/** Whether SEI messages contain a recovery point that needs no further frames. */
function recoversAtOnce(escaped: Uint8Array): boolean {
  const bytes = withoutEscapes(escaped);
  for (let at = 0; at + 2 < bytes.length;) {
    const number = (): number => {
      let value = 0;
      while (bytes[at] === 255) value += bytes[at++];
      return value + bytes[at++];
    };
    const kind = number();
    const size = number();
    if (kind === RECOVERY_POINT) return (bytes[at] & 0x80) !== 0; // "1" is 0 in Exp-Golomb code
    at += size;
  }
  return false;
}
