/** A container that is opened. */
export interface VideoFormat {
  /** Its demuxers in ffmpeg, separated by commas. */
  readonly demuxers: string;
  /** Endings of its files, without the dot, separated by blanks. */
  readonly endings: string;
  /**
   * Where decoding may start: at every key frame, at the first one alone (the times are right), or not
   * known by times at all, so that frames are counted.
   */
  readonly starts: "keys" | "first" | "counted";
  /**
   * Bytes between frames where ffmpeg finds a frame by multiplication: all must be of one size, and this
   * far apart.
   */
  readonly gap?: number;
  /** Whether it is a stream without a container, which does not say how long it is. */
  readonly raw?: true;
}

/**
 * The containers that are opened: files of one video, of which every frame is known. Playlists and
 * scripts are not among them, since they name other files and addresses, nor are single pictures.
 */
const VIDEO_FORMATS: readonly VideoFormat[] = [
  {
    demuxers: "mov,mp4,m4a,3gp,3g2,mj2",
    endings: "mov mp4 m4v f4v qt 3gp 3g2 mj2",
    starts: "keys",
  },
  { demuxers: "matroska,webm", endings: "mkv webm", starts: "keys" },
  { demuxers: "ivf", endings: "ivf", starts: "keys" }, // ffmpeg reads up to where it seeks to
  { demuxers: "dv", endings: "dv dif", starts: "keys", gap: 0 },
  { demuxers: "yuv4mpegpipe", endings: "y4m", starts: "keys", gap: "FRAME\n".length },
  // Each picture is drawn over those before it, whatever is marked as a key frame.
  { demuxers: "gif", endings: "gif", starts: "first" },
  // No display times: with B-frames every seek is off by one.
  { demuxers: "avi", endings: "avi divx xvid", starts: "counted" },
  // Wrong times with B-frames of H.264, and guessed ones after a seek where the index is missing.
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

/** Endings that files of videos have, without the dot, sorted. */
export const VIDEO_ENDINGS: readonly string[] = [
  ...new Set(VIDEO_FORMATS.flatMap(({ endings }) => endings.split(" "))),
].sort();

/**
 * The container of a file.
 *
 * @param names what ffprobe calls its demuxer
 */
export function videoFormat(names: string): VideoFormat {
  const given = names.split(",");
  return VIDEO_FORMATS.find(({ demuxers }) =>
    demuxers.split(",").some((demuxer) => given.includes(demuxer))
  ) ?? { demuxers: names, endings: "", starts: "counted" };
}
