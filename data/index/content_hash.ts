import { createHash } from "node:crypto";
import { imagePath } from "../images/image_series.ts";
import type { VideoRecord } from "./video_record.ts";

/** What of a record says where its content is. */
export type ContentPlace = Pick<VideoRecord, "path"> & Partial<VideoRecord>;

/**
 * Hexadecimal SHA-256 of a video's content, computed in little memory: of its file, or of its images one after
 * another.
 *
 * @throws {Deno.errors.NotFound} if there is no such file
 */
export async function contentHash({ path, images, frames = 0 }: ContentPlace): Promise<string> {
  const hash = createHash("sha256");
  const count = images ? frames : 1;
  for (let i = 0; i < count; i++) {
    using file = await Deno.open(images ? imagePath(images, i) : path);
    for await (const chunk of file.readable) hash.update(chunk);
  }
  return hash.digest("hex");
}
