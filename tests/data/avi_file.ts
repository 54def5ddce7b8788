/** AVI files of given chunks: what recorders write and ffmpeg does not, dropped and packed frames. */

const encoder = new TextEncoder();

function uint32(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** A chunk, with the byte that makes its size even. */
function chunk(name: string, ...content: readonly Uint8Array[]): Uint8Array {
  const bytes = joined(...content);
  const pad = new Uint8Array(bytes.length % 2);
  return joined(encoder.encode(name), uint32(bytes.length), bytes, pad);
}

function list(name: string, ...content: readonly Uint8Array[]): Uint8Array {
  return chunk("LIST", encoder.encode(name), ...content);
}

/** An AVI file of 96 × 64 pixels and 25 frames a second in MPEG-4 Part 2; an empty chunk is a dropped frame. */
export function aviFile(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const count = chunks.length;
  const codec = encoder.encode("XVID");
  const header = list(
    "hdrl",
    chunk("avih", uint32(40_000, 0, 0, 0x10, count, 0, 1, 0, 96, 64, 0, 0, 0, 0)),
    list(
      "strl",
      chunk("strh", encoder.encode("vids"), codec, uint32(0, 0, 0, 1, 25, 0, count, 0, 0, 0, 0, 0)),
      chunk("strf", uint32(40, 96, 64, 0x18_0001), codec, uint32(18_432, 0, 0, 0, 0)),
    ),
  );
  const stored = chunks.map((bytes) => chunk("00dc", bytes));
  let at = 4;
  const index = stored.map((bytes, i) => {
    const entry = joined(
      encoder.encode("00dc"),
      uint32(i % 12 === 0 ? 0x10 : 0, at, chunks[i].length),
    );
    at += bytes.length;
    return entry;
  });
  const movie = list("movi", ...stored);
  return chunk(
    "RIFF",
    encoder.encode("AVI "),
    header,
    movie,
    chunk("idx1", ...index),
  ) as Uint8Array<ArrayBuffer>;
}

/** The pictures of a raw stream of MPEG-4 Part 2; headers belong to the picture after them. */
export function mpeg4Chunks(stream: Uint8Array): Uint8Array[] {
  const starts: number[] = [];
  let header: number | null = null;
  for (let i = 0; i + 3 < stream.length; i++) {
    if (stream[i] !== 0 || stream[i + 1] !== 0 || stream[i + 2] !== 1) continue;
    header ??= i;
    if (stream[i + 3] !== 0xb6) continue;
    starts.push(header);
    header = null;
  }
  return starts.map((start, i) => stream.subarray(start, starts[i + 1]));
}

/** A picture that is not coded, at the time of another: bits of its kind, time and marks, then a 0. */
export function emptyPicture(like: Uint8Array): Uint8Array {
  const at = like.findIndex((_, i) => like[i] === 0xb6 && like[i - 1] === 1 && like[i - 2] === 0);
  const bits = [...like.subarray(at + 1, at + 6)].map((byte) => byte.toString(2).padStart(8, "0"))
    .join("");
  const seconds = bits.indexOf("0", 2) + 1;
  // 25 ticks a second take 5 bits.
  const text = ("01" + bits.slice(2, seconds) + "1" + bits.slice(seconds + 1, seconds + 6) + "10" +
    "0111").padEnd(24, "1");
  const bytes = text.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2));
  return Uint8Array.of(0, 0, 1, 0xb6, ...bytes);
}
