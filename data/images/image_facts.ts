/** What the bytes of an image say of it. */
export interface ImageFacts {
  /** ffmpeg's name of the codec. */
  readonly codec: "mjpeg" | "png";
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Whether the end is there. */
  readonly whole: boolean;
}

/** The first bytes of every PNG. */
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Markers of JPEG: image, end, scan, and the kinds of frame headers without the tables among them. */
const JPEG = { start: 0xd8, end: 0xd9, scan: 0xda, tables: [0xc4, 0xc8, 0xcc] };

/**
 * Codec, size and wholeness of a JPEG or PNG, from its headers; nothing is decoded. Rotation by EXIF is not applied.
 *
 * @param bytes the file, or its beginning, which is then not whole
 * @returns null if it is neither, or its beginning ends before the size
 */
export function imageFacts(bytes: Uint8Array): ImageFacts | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (PNG.every((byte, i) => bytes[i] === byte)) return pngFacts(bytes, view);
  return bytes[0] === 0xff && bytes[1] === JPEG.start ? jpegFacts(bytes, view) : null;
}

function pngFacts(bytes: Uint8Array, view: DataView): ImageFacts | null {
  if (bytes.length < 24) return null;
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  return { codec: "png", width, height, whole: endsWithChunk(bytes) };
}

/** Whether a PNG has its last chunk, which is "IEND" and a checksum; more may follow. */
function endsWithChunk(bytes: Uint8Array): boolean {
  for (let at = bytes.lastIndexOf(0x49); at > 0; at = bytes.lastIndexOf(0x49, at - 1)) {
    const isEnd = bytes[at + 1] === 0x45 && bytes[at + 2] === 0x4e && bytes[at + 3] === 0x44;
    if (isEnd) return at + 8 <= bytes.length;
  }
  return false;
}

function jpegFacts(bytes: Uint8Array, view: DataView): ImageFacts | null {
  let size: { width: number; height: number } | null = null;
  let at = 2;
  while (at + 9 <= bytes.length) {
    const marker = bytes[at + 1];
    if (bytes[at] !== 0xff) return null;
    if (marker === 0xff) {
      at++; // any number of these may come before a marker
      continue;
    }
    if (marker >= 0xc0 && marker <= 0xcf && !JPEG.tables.includes(marker)) {
      size = { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    }
    if (marker === JPEG.scan) break;
    at += 2 + view.getUint16(at + 2);
  }
  return size && { codec: "mjpeg", ...size, whole: endsAfter(bytes, at) };
}

/** Whether a JPEG ends after its first scan begins: pictures in its headers have ends, too. */
function endsAfter(bytes: Uint8Array, scan: number): boolean {
  for (let at = bytes.lastIndexOf(JPEG.end); at > scan; at = bytes.lastIndexOf(JPEG.end, at - 1)) {
    if (bytes[at - 1] === 0xff) return true;
  }
  return false;
}
