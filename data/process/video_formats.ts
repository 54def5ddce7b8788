/** A supported container. */
export interface VideoFormat {
  /** Its demuxers in ffmpeg, separated by commas. */
  readonly demuxers: string;
  /** File extensions without the dot, separated by spaces. */
  readonly endings: string;
  /**
   * Where decoding may start: at every key frame, only at the first (times are reliable), or only at the
   * start, counting frames (times are not).
   */
  readonly starts: "keys" | "first" | "counted";
  /** Bytes between frames if ffmpeg computes frame positions: all must have one size and this spacing. */
  readonly gap?: number;
  /** Whether it is a raw stream, which does not state its duration. */
  readonly raw?: true;
}

/**
 * The supported containers: files of one video whose frames can all be identified. Playlists and scripts are
 * excluded, since they refer to other files and addresses, and so are single images.
 */
const VIDEO_FORMATS: readonly VideoFormat[] = [
  {
    demuxers: "mov,mp4,m4a,3gp,3g2,mj2",
    endings: "mov mp4 m4v f4v qt 3gp 3g2 mj2",
    starts: "keys",
  },
  { demuxers: "matroska,webm", endings: "mkv webm", starts: "keys" },
  { demuxers: "ivf", endings: "ivf", starts: "keys" }, // ffmpeg reads up to the seek target
  { demuxers: "dv", endings: "dv dif", starts: "keys", gap: 0 },
  { demuxers: "yuv4mpegpipe", endings: "y4m", starts: "keys", gap: "FRAME\n".length },
  // Each image is drawn over the previous ones, whatever is marked as a key frame.
  { demuxers: "gif", endings: "gif", starts: "first" },
  // No display times: with B-frames every seek is off by one.
  { demuxers: "avi", endings: "avi divx xvid", starts: "counted" },
  // Wrong times with H.264 B-frames, and guessed ones after a seek without an index.
  { demuxers: "mxf", endings: "mxf", starts: "counted" },
  // No index.
  { demuxers: "mpegts", endings: "ts m2t m2ts mts tod", starts: "counted" },
  { demuxers: "mpeg", endings: "mpg mpeg mpe vob mod", starts: "counted" },
  { demuxers: "flv", endings: "flv", starts: "counted" },
  { demuxers: "asf", endings: "asf wmv", starts: "counted" },
  { demuxers: "ogg", endings: "ogv ogg ogm", starts: "counted" },
  // No times of their own.
  { demuxers: "h264", endings: "h264 264 avc", starts: "counted", raw: true },
  { demuxers: "hevc", endings: "h265 265 hevc", starts: "counted", raw: true },
  { demuxers: "obu", endings: "obu", starts: "counted", raw: true },
  { demuxers: "mpegvideo", endings: "m1v m2v", starts: "counted", raw: true },
  { demuxers: "m4v", endings: "m4v", starts: "counted", raw: true },
];

/** Demuxers that may open a file, separated by commas as ffmpeg takes them. */
export const DEMUXERS: string = VIDEO_FORMATS.map(({ demuxers }) => demuxers).join(",");

/** Video file extensions without the dot, sorted. */
export const VIDEO_ENDINGS: readonly string[] = [
  ...new Set(VIDEO_FORMATS.flatMap(({ endings }) => endings.split(" "))),
].sort();

/**
 * The container of a file.
 *
 * @param names ffprobe's names of its demuxer
 */
export function videoFormat(names: string): VideoFormat {
  const given = names.split(",");
  return VIDEO_FORMATS.find(({ demuxers }) =>
    demuxers.split(",").some((demuxer) => given.includes(demuxer))
  ) ?? { demuxers: names, endings: "", starts: "counted" };
}
