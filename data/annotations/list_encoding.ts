/** Byte order marks; UTF-32 first, since one of its marks starts like UTF-16's. */
const MARKS: readonly { readonly encoding: string; readonly bytes: readonly number[] }[] = [
  { encoding: "UTF-32LE", bytes: [0xFF, 0xFE, 0, 0] },
  { encoding: "UTF-32BE", bytes: [0, 0, 0xFE, 0xFF] },
  { encoding: "UTF-16LE", bytes: [0xFF, 0xFE] },
  { encoding: "UTF-16BE", bytes: [0xFE, 0xFF] },
];

/** Bytes at the start of a file in which UTF-16 without a mark is detected. */
const LOOKED_AT = 256;

/** Share of zero bytes at odd or even offsets that identifies UTF-16. */
const ZEROS = 0.3;

/**
 * Decodes a file in UTF-8, with or without a byte order mark, or in UTF-16 with one, as PowerShell and
 * Notepad write it. The mark is removed.
 *
 * @throws {RangeError} for any other encoding; the message says how to convert it
 */
export function decodeListText(bytes: Uint8Array): string {
  const marked = MARKS.find((mark) => mark.bytes.every((byte, i) => bytes[i] === byte))?.encoding;
  const encoding = marked ?? withoutMark(bytes) ?? "UTF-8";
  const isRead = encoding === "UTF-8" || (marked !== undefined && !encoding.startsWith("UTF-32"));
  if (!isRead) {
    throw new RangeError(
      `it must be UTF-8, got ${encoding}${marked ? "" : " without a byte order mark"}; ` +
        convert(encoding),
    );
  }
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    if (encoding !== "UTF-8") throw new RangeError(`it must be valid ${encoding}, got broken text`);
    throw new RangeError(
      `it must be UTF-8, got ${firstBadLine(bytes)}; ${convert("ISO-8859-1")} ` +
        "(or from its actual encoding; file names must be UTF-8, too)",
    );
  }
}

function convert(encoding: string): string {
  return `convert it with: iconv -f ${encoding} -t UTF-8`;
}

/** Detects UTF-16 without a mark: in Latin text every second byte is 0. */
function withoutMark(bytes: Uint8Array): string | undefined {
  const start = bytes.subarray(0, LOOKED_AT);
  const share = (parity: number) =>
    2 * start.filter((byte, i) => byte === 0 && i % 2 === parity).length / start.length;
  if (share(1) > ZEROS) return "UTF-16LE";
  if (share(0) > ZEROS) return "UTF-16BE";
}

/** The first line that is not UTF-8, as far as it can be decoded. */
function firstBadLine(bytes: Uint8Array): string {
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\r|\n/);
  const bad = lines.findIndex((line) => line.includes("\uFFFD"));
  return `line ${bad + 1}: ${JSON.stringify(lines[bad])}`;
}
