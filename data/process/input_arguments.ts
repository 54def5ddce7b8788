import { DEMUXERS } from "./video_formats.ts";

/**
 * Arguments of ffmpeg and ffprobe that open one local video file and nothing else.
 *
 * The `file:` prefix keeps a name from being read as a protocol or an option; the two white lists
 * keep a file that calls itself a video from being a playlist of other files or addresses. They are
 * options of an input, so they are repeated before each one.
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

/** Whether ffmpeg would take the name of a GIF for a pattern of numbered pictures. */
function isPatternOfPictures(path: string): boolean {
  return path.includes("%") && path.toLowerCase().endsWith(".gif");
}
