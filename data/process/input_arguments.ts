import { DEMUXERS } from "./video_formats.ts";

/**
 * Arguments of ffmpeg and ffprobe that open one local video file and nothing else.
 *
 * The `file:` prefix keeps a name from being parsed as a protocol or an option; the two allow lists keep a
 * file from being opened as a playlist of other files or addresses. They are input options, so they are
 * repeated before each input.
 *
 * @param path absolute path
 */
export function inputArguments(path: string): string[] {
  return [
    ...["-protocol_whitelist", "file", "-format_whitelist", DEMUXERS],
    ...isPatternOfPictures(path) ? ["-f", "gif"] : [],
    ...["-i", `file:${path}`],
  ];
}

/** Whether ffmpeg would interpret the name of a GIF as a pattern of numbered images. */
function isPatternOfPictures(path: string): boolean {
  return path.includes("%") && path.toLowerCase().endsWith(".gif");
}
