import { type ImageFacts, imageFacts } from "./image_facts.ts";
import { imageName, imagePath, type ImageSeries } from "./image_series.ts";

/** What the images of a series have in common. */
export type CommonFacts = Pick<ImageFacts, "codec" | "width" | "height">;

/** Bytes in which the headers of most images lie. */
const HEADERS = 4096;

/** An image that cannot be a frame of its series. */
export class ImageFault extends Error {
  /** @param image its frame and name, and what is wrong */
  constructor(image: string) {
    super(image);
    this.name = "ImageFault";
  }
}

function faultOf(series: ImageSeries, frame: number, what: string): ImageFault {
  return new ImageFault(`frame ${frame}, ${imageName(series, frame)}, ${what}`);
}

/** An error of reading as a fault of an image that is missing; others, such as those of drives, stay what they are. */
function readingFault(series: ImageSeries, frame: number, error: unknown): unknown {
  return error instanceof Deno.errors.NotFound ? faultOf(series, frame, "is missing") : error;
}

function check(
  series: ImageSeries,
  frame: number,
  facts: ImageFacts | null,
  common: CommonFacts | undefined,
): ImageFacts {
  if (!facts) throw faultOf(series, frame, "is no JPEG or PNG");
  if (!common) return facts;
  if (facts.codec !== common.codec) {
    throw faultOf(series, frame, `is ${facts.codec}, others of its folder are ${common.codec}`);
  }
  if (facts.width !== common.width || facts.height !== common.height) {
    throw faultOf(
      series,
      frame,
      `has ${facts.width}x${facts.height} pixels, others of its folder ${common.width}x${common.height}`,
    );
  }
  return facts;
}

/**
 * Reads a frame's image and checks it without decoding it.
 *
 * @throws {ImageFault} if it is missing, cut off, or differs from the others in format or size
 */
export async function readImage(
  series: ImageSeries,
  frame: number,
  common: CommonFacts,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await Deno.readFile(imagePath(series, frame)).catch((error) => {
    throw readingFault(series, frame, error);
  });
  const { whole } = check(series, frame, imageFacts(bytes), common);
  if (!whole) throw faultOf(series, frame, "is cut off");
  return bytes;
}

/**
 * Format and size of a frame's image, from its first bytes.
 *
 * @param common what they must be. @default anything
 * @throws {ImageFault} if it is missing, neither JPEG nor PNG, or differs
 */
export async function imageHead(
  series: ImageSeries,
  frame: number,
  common?: CommonFacts,
): Promise<CommonFacts> {
  try {
    const path = imagePath(series, frame);
    const head = new Uint8Array(HEADERS);
    using file = await Deno.open(path);
    const read = await file.read(head) ?? 0;
    const facts = imageFacts(head.subarray(0, read)) ?? imageFacts(await Deno.readFile(path));
    const { codec, width, height } = check(series, frame, facts, common);
    return { codec, width, height };
  } catch (error) {
    throw readingFault(series, frame, error);
  }
}
