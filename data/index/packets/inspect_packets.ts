import { Buffer } from "node:buffer";
import type { Packet } from "../seek_table.ts";
import { configurations } from "./configurations.ts";
import { h264Parameters } from "./h264_parameters.ts";
import { mpeg4Pictures } from "./mpeg4_pictures.ts";
import { h264Keys, hevcKeys } from "./nal_pictures.ts";
import type { LookIntoPacket, ReadPacket } from "./packet_pictures.ts";
import { vp8Pictures, vp9Pictures } from "./vpx_pictures.ts";

/** Facts about a stream before its packets are inspected. */
export interface PacketStream {
  /** Name of the codec. */
  readonly codec: string;
  /** ffprobe's names of the container. */
  readonly container: string;
  /** Whether the container reconfigures decoders mid-stream. */
  readonly changes: boolean;
}

/** What the packets of a file reveal about its frames. */
export interface InspectedPackets {
  /** The packets that give a frame or are discarded; `key` only if decoding can start there. */
  readonly packets: readonly Packet[];
  /** Whether each gives one frame, all of one size. Otherwise the file must be decoded. */
  readonly exact: boolean;
}

/** How to inspect the packets of a stream. */
interface Inspection {
  look: LookIntoPacket;
  /** Whether packets not flagged as key frames can be trusted, so that they need not be read. */
  onlyKeys?: boolean;
  /** Whether packets may hold half a frame, or decoders may lose one. @default false */
  unsure?: boolean;
}

/** Codecs in which every packet is a whole picture. */
const WHOLE_PICTURES =
  /^(mjpeg|prores|dnxhd|ffv1|huffyuv|ffvhuff|utvideo|rawvideo|dvvideo|v210|magicyuv|jpeg2000|png|cfhd)$/;

/**
 * Containers that store packets unchanged, and the offset of a packet's bytes from the position that ffprobe
 * reports.
 */
const BYTES_AT: Readonly<Record<string, number>> = {
  mov: 0,
  avi: 0,
  matroska: 4,
  ivf: 12,
  dv: 0,
  yuv4mpegpipe: 0,
};

/**
 * Finds out from picture headers which packets give a frame and where decoding can start: containers' flags
 * are sometimes wrong, and packets may hold no displayed picture, or half of one.
 *
 * @returns null if the file must be decoded
 */
export function inspectPackets(
  path: string,
  packets: readonly Packet[],
  stream: PacketStream,
): InspectedPackets | null {
  const container = stream.container.split(",")[0];
  const offset = BYTES_AT[container];
  if (offset === undefined || packets.some(({ size }) => size === 0)) return null;
  // A packet of AV1 displays a frame, and decoders only start at key frames.
  if (WHOLE_PICTURES.test(stream.codec) || stream.codec === "av1") {
    return { packets, exact: packets[0].key && !leadsIn(packets, container) };
  }
  using file = Deno.openSync(path);
  const read = (at: number, length: number) => readAt(file, at, length);
  const readerOf = ({ position, size }: Packet): ReadPacket => (from, length) => {
    if (position === undefined) return new Uint8Array();
    return read(position + offset + from, Math.max(0, Math.min(from + length, size) - from));
  };
  const configured = configurations(read, file.statSync().size, container);
  const inspection = inspectionOf(stream.codec, packets, configured, readerOf(packets[0]));
  const unsure = inspection?.unsure || stream.changes || leadsIn(packets, container);
  return inspection && inspectAll(packets, { ...inspection, unsure }, readerOf);
}

function inspectAll(
  packets: readonly Packet[],
  { look, onlyKeys, unsure = false }: Inspection,
  readerOf: (packet: Packet) => ReadPacket,
): InspectedPackets | null {
  const shown: Packet[] = [];
  let exact = !unsure;
  for (const packet of packets) {
    if (onlyKeys && !packet.key) {
      exact &&= shown.length > 0;
      shown.push(packet);
      continue;
    }
    const pictures = look(readerOf(packet), packet.size);
    if (!pictures || pictures.shown > 1) return null;
    if (pictures.shown === 1) shown.push({ ...packet, key: packet.key && pictures.key });
    exact &&= pictures.sameSize && (pictures.key || packet !== packets[0]);
  }
  return { packets: shown, exact };
}

/** How to inspect the packets, or null if unknown. */
function inspectionOf(
  codec: string,
  packets: readonly Packet[],
  configured: readonly Buffer[],
  firstPacket: ReadPacket,
): Inspection | null {
  const all = Buffer.concat(configured);
  switch (codec) {
    case "vp8":
      return { look: vp8Pictures() };
    case "vp9":
      return { look: vp9Pictures() };
    case "mpeg4": {
      const look = mpeg4Pictures(all, firstPacket);
      return look && { look };
    }
    case "hevc": {
      const one = configured.find(([version]) => version === 1);
      return one ? { look: hevcKeys(all, (one[21] & 3) + 1), onlyKeys: true } : null;
    }
    case "h264": {
      const [first, ...others] = configured.flatMap((one) => h264Parameters(one) ?? []);
      if (!first) return null;
      const sure = [first, ...others].every(({ wholeFrames, orderIsKnown }) =>
        wholeFrames && (orderIsKnown || areInOrder(packets))
      );
      return { look: h264Keys(all, first.lengthBytes), onlyKeys: true, unsure: !sure };
    }
    default:
      return null;
  }
}

function areInOrder(packets: readonly Packet[]): boolean {
  return packets.every(({ pts }, i) =>
    pts !== undefined && (i === 0 || pts > (packets[i - 1].pts ?? Infinity))
  );
}

/** Whether frames may be displayed before the first stored one; their references may be missing. */
function leadsIn(packets: readonly Packet[], container: string): boolean {
  if (container === "avi") return false; // without times; MPEG-4 packets reveal it
  const first = packets[0].pts ?? Infinity;
  return packets.some(({ pts = -Infinity, discarded }) => !discarded && pts < first);
}

function readAt(file: Deno.FsFile, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  file.seekSync(offset, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < length) {
    const count = file.readSync(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}
