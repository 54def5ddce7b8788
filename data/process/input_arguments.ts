/** Container formats that may be opened: plain video files, no playlists and no pictures. */
const FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf";

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
  return ["-protocol_whitelist", "file", "-format_whitelist", FORMATS, "-i", `file:${path}`];
}
