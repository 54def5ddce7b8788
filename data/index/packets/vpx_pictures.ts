import { bitReader } from "./bit_reader.ts";
import type { LookIntoPacket, ReadPacket } from "./packet_pictures.ts";

/** Inspects packets of VP8, one picture each: RFC 6386, 9.1. */
export function vp8Pictures(): LookIntoPacket {
  const isSameSize = sizeWatch();
  return (read) => {
    const bytes = read(0, 10);
    if (bytes.length < 3) return null;
    const key = (bytes[0] & 1) === 0;
    if (key && !(bytes[3] === 0x9d && bytes[4] === 0x01 && bytes[5] === 0x2a)) return null;
    return { shown: bytes[0] >> 4 & 1, key, sameSize: !key || isSameSize(bytes.subarray(6)) };
  };
}

/** Inspects packets of VP9, which may hold several pictures: VP9 bitstream specification, 6.1 and Annex B. */
export function vp9Pictures(): LookIntoPacket {
  const isSameSize = sizeWatch();
  return (read, size) => {
    const sizes = pictureSizes(read, size);
    let at = 0;
    const found = sizes.map((length) => {
      const picture = vp9Picture(read(at, Math.min(length, VP9_HEADER)), isSameSize);
      at += length;
      return picture;
    });
    if (at > size || found.some((picture) => picture === null)) return null;
    const pictures = found.map((picture) => picture!);
    return {
      shown: pictures.reduce((sum, { shown }) => sum + shown, 0),
      key: pictures[0].key,
      sameSize: pictures.every(({ sameSize }) => sameSize),
    };
  };
}

/** Bytes of a VP9 picture header with its size. */
const VP9_HEADER = 16;

const KEY_MARK = 0x498342;

/** Parses the header of a VP9 picture, or null. */
function vp9Picture(
  header: Uint8Array,
  isSameSize: (size: Uint8Array) => boolean,
): ReturnType<LookIntoPacket> {
  if (header.length === 0) return null;
  const padded = new Uint8Array(VP9_HEADER); // repeating an earlier picture takes a byte or two
  padded.set(header);
  const { bits, flag } = bitReader(padded);
  if (bits(2) !== 2) return null;
  const profile = bits(1) + 2 * bits(1);
  if (profile === 3) flag();
  if (flag()) return { shown: 1, key: false, sameSize: true };
  const [inter, visible, resilient] = [flag(), flag(), flag()];
  const shown = visible ? 1 : 0;
  const skipColours = () => {
    if (profile >= 2) flag();
    const isRgb = bits(3) === 7;
    if (!isRgb) flag();
    if (profile === 1 || profile === 3) bits(isRgb ? 1 : 3);
  };
  const hasSameSize = () => isSameSize(Uint8Array.of(bits(8), bits(8), bits(8), bits(8)));
  if (!inter) {
    if (bits(24) !== KEY_MARK) return null;
    skipColours();
    return { shown, key: true, sameSize: hasSameSize() };
  }
  const intraOnly = !visible && flag();
  if (!resilient) bits(2);
  if (intraOnly) {
    if (bits(24) !== KEY_MARK) return null;
    if (profile > 0) skipColours();
    bits(8);
    return { shown, key: false, sameSize: hasSameSize() };
  }
  bits(8 + 3 * 4); // references
  const likeReference = flag() || flag() || flag();
  return { shown, key: false, sameSize: likeReference || hasSameSize() };
}

/** Bytes of each picture in a VP9 packet, from its index if it has one. */
function pictureSizes(read: ReadPacket, size: number): number[] {
  const [mark] = read(size - 1, 1);
  if (mark >> 5 !== 6) return [size];
  const count = (mark & 7) + 1;
  const bytes = (mark >> 3 & 3) + 1;
  const indexBytes = 2 + count * bytes;
  if (indexBytes > size) return [size];
  const index = read(size - indexBytes, indexBytes);
  if (index[0] !== mark) return [size];
  return Array.from(
    { length: count },
    (_, i) =>
      index.subarray(1 + i * bytes, 1 + (i + 1) * bytes)
        .reduceRight((sum, byte) => 256 * sum + byte, 0),
  );
}

/** Returns a function that compares sizes with the first one. */
function sizeWatch(): (size: Uint8Array) => boolean {
  let first: string | undefined;
  return (size) => (first ??= size.join()) === size.join();
}
