/** A video in each container that is read, and how it is made. */

import { createLimiter } from "@videoms/data";
import { encoders, ffmpeg } from "./test_videos.ts";

/** How a video is made from a moving pattern, and what the index must say of it. */
export interface ContainerVideo {
  /** File name, with the ending of its container. */
  readonly name: string;
  /** Encoder that ffmpeg must have. */
  readonly encoder: string;
  /** Arguments after the input. */
  readonly args: readonly string[];
  /** Where decoding may start: at several key frames, at the first, or not known by times. */
  readonly starts: "keys" | "first" | "counted";
  /** Size of the pattern. @default "96x64" */
  readonly size?: string;
  /** Frames per second. @default "25" */
  readonly rate?: string;
  /** Frames. @default 50 */
  readonly frames?: number;
}

const X264 = ["-c:v", "libx264", "-preset", "veryfast", "-g", "24", "-bf", "3"];
const MPEG2 = ["-c:v", "mpeg2video", "-g", "12", "-bf", "2"];
const VPX = ["-g", "20", "-deadline", "realtime", "-cpu-used", "8"];
const THEORA = ["-c:v", "libtheora", "-g", "16"];
const DV = { encoder: "dvvideo", starts: "keys", size: "720x576", frames: 10 } as const;
/** Two frames of 0.04 s, one of 0.12 s, and so on. */
const UNEVEN = "settb=1/100,setpts='4*(N+2*floor(N/3))'";

/** Formats beside MP4, Matroska, AVI and MPEG-TS, of which `hazard_videos.ts` has the hard cases. */
export const CONTAINER_VIDEOS: readonly ContainerVideo[] = [
  { name: "even.gif", encoder: "gif", args: [], starts: "first" },
  {
    name: "uneven.gif",
    encoder: "gif",
    args: ["-vf", UNEVEN, "-fps_mode", "passthrough"],
    starts: "first",
  },
  {
    name: "see-through.gif",
    encoder: "gif",
    args: ["-vf", "format=rgba,colorkey=0x000000:0.3:0"],
    starts: "first",
  },
  { name: "theora.ogv", encoder: "libtheora", args: THEORA, starts: "counted" },
  {
    name: "uneven.ogv",
    encoder: "libtheora",
    args: [...THEORA, "-vf", "select='not(eq(mod(n,7),3))'", "-fps_mode", "vfr"],
    starts: "counted",
  },
  {
    name: "vp8.ogg",
    encoder: "libvpx",
    args: ["-c:v", "libvpx", ...VPX],
    starts: "counted",
  },
  {
    name: "plain.y4m",
    encoder: "wrapped_avframe",
    args: ["-pix_fmt", "yuv420p"],
    starts: "keys",
  },
  {
    name: "ten-bit.y4m",
    encoder: "wrapped_avframe",
    args: ["-pix_fmt", "yuv422p10le", "-strict", "-1"],
    starts: "keys",
  },
  { name: "pal.dv", args: ["-c:v", "dvvideo", "-pix_fmt", "yuv420p"], ...DV },
  {
    name: "ntsc.dv",
    ...DV,
    args: ["-c:v", "dvvideo", "-pix_fmt", "yuv411p"],
    size: "720x480",
    rate: "30000/1001",
  },
  { name: "long_gop.mxf", encoder: "mpeg2video", args: MPEG2, starts: "counted" },
  { name: "h264.mxf", encoder: "libx264", args: X264, starts: "counted" },
  { name: "prores.mxf", encoder: "prores", args: ["-c:v", "prores"], starts: "counted" },
  { name: "vp8.ivf", encoder: "libvpx", args: ["-c:v", "libvpx", ...VPX], starts: "keys" },
  { name: "vp9.ivf", encoder: "libvpx-vp9", args: ["-c:v", "libvpx-vp9", ...VPX], starts: "keys" },
  {
    name: "av1.ivf",
    encoder: "libsvtav1",
    args: ["-c:v", "libsvtav1", "-preset", "12", "-g", "20"],
    starts: "keys",
  },
  {
    name: "av1.obu",
    encoder: "libsvtav1",
    args: ["-c:v", "libsvtav1", "-preset", "12", "-g", "20"],
    starts: "counted",
  },
  { name: "b_frames.h264", encoder: "libx264", args: X264, starts: "counted" },
  {
    name: "open_gop.264",
    encoder: "libx264",
    args: [...X264, "-x264-params", "open-gop=1:keyint=24:scenecut=0", "-f", "h264"],
    starts: "counted",
  },
  {
    name: "interlaced.h264",
    encoder: "libx264",
    args: [...X264, "-x264-params", "interlaced=1"],
    starts: "counted",
  },
  {
    name: "b_frames.h265",
    encoder: "libx265",
    args: ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "keyint=24:log-level=none"],
    starts: "counted",
  },
  { name: "raw.m2v", encoder: "mpeg2video", args: MPEG2, starts: "counted" },
  {
    name: "raw.m1v",
    encoder: "mpeg1video",
    args: ["-c:v", "mpeg1video", "-g", "12", "-bf", "2"],
    starts: "counted",
  },
  {
    name: "raw.m4v",
    encoder: "mpeg4",
    args: ["-c:v", "mpeg4", "-g", "12", "-bf", "2", "-f", "m4v"],
    starts: "counted",
  },
  { name: "camera.MTS", encoder: "libx264", args: [...X264, "-f", "mpegts"], starts: "counted" },
  { name: "disc.vob", encoder: "mpeg2video", args: MPEG2, starts: "counted" },
];

/** A video that was made. */
export type RenderedContainer = ContainerVideo & { readonly path: string };

/** Makes the videos that this ffmpeg can encode, or some of them; gives them with their paths. */
export async function renderContainers(
  folder: string,
  names?: readonly string[],
): Promise<RenderedContainer[]> {
  const known = await encoders();
  const made = CONTAINER_VIDEOS.filter(({ name, encoder }) =>
    known.includes(` ${encoder} `) && (names?.includes(name) ?? true)
  )
    .map((video) => ({ ...video, path: `${folder}/${video.name}` }));
  const beside = createLimiter(navigator.hardwareConcurrency);
  const make = ({ path, args, size = "96x64", rate = "25", frames = 50 }: RenderedContainer) =>
    ffmpeg(
      ...["-f", "lavfi", "-i", `testsrc2=size=${size}:rate=${rate}`, "-threads", "1"],
      ...[...args, "-frames:v", String(frames), `file:${path}`],
    );
  await Promise.all(made.map((video) => beside.run(() => make(video))));
  return made;
}
