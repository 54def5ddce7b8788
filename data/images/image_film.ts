import type { ImageFacts } from "./image_facts.ts";

const FOURCC = { mjpeg: "MJPG", png: "MPNG" } as const;

const encoder = new TextEncoder();

function uint32(...values: number[]): Uint8Array<ArrayBuffer> {
  const bytes = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => bytes.setUint32(4 * i, value, true));
  return new Uint8Array(bytes.buffer);
}

const lengthOf = (parts: readonly Uint8Array[]) =>
  parts.reduce((sum, { length }) => sum + length, 0);

/** A chunk, with the byte that makes its size even. */
function chunk(
  name: string,
  ...content: readonly Uint8Array<ArrayBuffer>[]
): Uint8Array<ArrayBuffer>[] {
  const size = lengthOf(content);
  return [encoder.encode(name), uint32(size), ...content, new Uint8Array(size % 2)];
}

function list(
  name: string,
  ...content: readonly Uint8Array<ArrayBuffer>[]
): Uint8Array<ArrayBuffer>[] {
  return chunk("LIST", encoder.encode(name), ...content);
}

/**
 * Images as the frames of an AVI file (Microsoft's "AVI RIFF File Reference", without an index): their bytes as they
 * are, one chunk each, so that neither what follows an image's end nor a broken one shifts the frames after it.
 */
export function imageFilm(
  images: readonly Uint8Array<ArrayBuffer>[],
  { codec, width, height }: Pick<ImageFacts, "codec" | "width" | "height">,
): Uint8Array<ArrayBuffer> {
  const fourcc = encoder.encode(FOURCC[codec]);
  const count = images.length;
  const header = list(
    "hdrl",
    ...chunk("avih", uint32(1_000_000, 0, 0, 0, count, 0, 1, 0, width, height, 0, 0, 0, 0)),
    ...list(
      "strl",
      ...chunk(
        "strh",
        encoder.encode("vids"),
        fourcc,
        uint32(0, 0, 0, 1, 1, 0, count, 0, 0, 0, 0, 0),
      ),
      ...chunk("strf", uint32(40, width, height, 0x18_0001), fourcc, uint32(0, 0, 0, 0, 0)),
    ),
  );
  const movie = list("movi", ...images.flatMap((image) => chunk("00dc", image)));
  return joined(chunk("RIFF", encoder.encode("AVI "), ...header, ...movie));
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(lengthOf(parts));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
