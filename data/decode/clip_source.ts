import { imageFilm } from "../images/image_film.ts";
import { ImageFault, readImage } from "../images/read_image.ts";
import type { VideoRecord } from "../index/video_record.ts";
import { type ClipRequest, distinctFrames } from "./clip_request.ts";
import type { TriedClip } from "./tried_clip.ts";

/**
 * What ffmpeg reads for a clip: its video; for a folder of images, a file of just the clip's images, which are its
 * frames 0, 1, and on. So the images between them are neither read nor decoded, and no number of open files, name or
 * gap in a folder matters to ffmpeg.
 *
 * @param place path of that file
 * @returns the request for it, or the error of an image
 */
export async function clipSource(
  request: ClipRequest,
  place: string,
): Promise<ClipRequest | Extract<TriedClip, { error: string }>> {
  const { record } = request;
  if (!record.images) return request;
  const frames = distinctFrames(request.frames);
  try {
    const { images, width, height } = record;
    const common = { codec: codecOf(record), width, height };
    const files = await Promise.all(frames.map((frame) => readImage(images, frame, common)));
    await Deno.writeFile(place, imageFilm(files, common));
  } catch (error) {
    if (error instanceof ImageFault) {
      return { error: error.message, passing: false, blamed: true, named: true };
    }
    throw error;
  }
  return {
    ...request,
    record: { ...record, path: place, frames: frames.length },
    frames: frames.map((_, i) => i),
  };
}

function codecOf({ codec }: VideoRecord): "mjpeg" | "png" {
  return codec === "png" ? "png" : "mjpeg";
}
