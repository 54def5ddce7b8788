import { encoders, ffmpeg, renderVideos } from "./test_videos.ts";

/** A video that is hard to cut clips out of exactly, and how it is made from a sound one. */
export interface Hazard {
  /** File name, with the container. */
  name: string;
  /** Frames of the source pattern. */
  frames: number;
  /** Encoder that ffmpeg must have. */
  encoder: string;
  /** Arguments after the input. */
  args: string[];
  /** Size of the source pattern. @default "96x64" */
  size?: string;
  /** Rewrites the file after encoding: arguments between input and output. */
  remux?: string[];
}

const X264 = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"];
const X265 = ["-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p"];

/** Every kind of file of which seeking is known to go wrong somewhere, and some that are only odd. */
export const HAZARDS: readonly Hazard[] = [
  {
    name: "b_frames.avi",
    frames: 90,
    encoder: "mpeg4",
    args: ["-c:v", "mpeg4", "-g", "12", "-bf", "2"],
  },
  {
    name: "mjpeg.avi",
    frames: 40,
    encoder: "mjpeg",
    args: ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p"],
  },
  {
    name: "mpeg4_b.mp4",
    frames: 120,
    encoder: "mpeg4",
    args: ["-c:v", "mpeg4", "-g", "24", "-bf", "2"],
  },
  {
    name: "prepared.mp4",
    frames: 120,
    encoder: "mpeg4",
    args: ["-c:v", "mpeg4", "-g", "16", "-bf", "0", "-video_track_timescale", "90000"],
  },
  {
    name: "h264.mp4",
    frames: 140,
    encoder: "libx264",
    args: [...X264, "-g", "30", "-bf", "3"],
  },
  {
    name: "h264_open_gop.mp4",
    frames: 160,
    encoder: "libx264",
    args: [...X264, "-x264-params", "open-gop=1:keyint=24:bframes=3:scenecut=0"],
  },
  {
    name: "h264_close_keys.mp4",
    frames: 60,
    encoder: "libx264",
    args: [...X264, "-x264-params", "keyint=4:min-keyint=1:bframes=3:b-adapt=0:scenecut=0"],
  },
  {
    name: "h264_no_edit_list.mp4",
    frames: 120,
    encoder: "libx264",
    args: [...X264, "-g", "24", "-bf", "3", "-use_editlist", "0"],
  },
  {
    name: "h264_intra_refresh.mp4",
    frames: 120,
    encoder: "libx264",
    args: [...X264, "-x264-params", "intra-refresh=1:keyint=24:bframes=0"],
  },
  {
    name: "h264_10_bit.mkv",
    frames: 80,
    encoder: "libx264",
    args: [...X264.slice(0, 4), "-pix_fmt", "yuv420p10le", "-g", "20"],
  },
  {
    name: "odd_444.mp4",
    frames: 60,
    encoder: "libx264",
    size: "97x63",
    args: [...X264.slice(0, 4), "-pix_fmt", "yuv444p", "-g", "20"],
  },
  {
    name: "full_range.mp4",
    frames: 60,
    encoder: "libx264",
    args: [...X264.slice(0, 4), "-pix_fmt", "yuvj420p", "-g", "20"],
  },
  {
    name: "hevc_open_gop.mp4",
    frames: 160,
    encoder: "libx265",
    args: [...X265, "-x265-params", "open-gop=1:keyint=24:min-keyint=24:scenecut=0:log-level=none"],
  },
  {
    name: "vp9.webm",
    frames: 80,
    encoder: "libvpx-vp9",
    args: ["-c:v", "libvpx-vp9", "-g", "20", "-deadline", "realtime", "-cpu-used", "8"],
  },
  {
    name: "variable_rate.mp4",
    frames: 150,
    encoder: "libx264",
    args: [...X264, "-vf", "select='not(eq(mod(n,7),3))'", "-fps_mode", "vfr", "-g", "24"],
  },
  {
    name: "late_start.mkv",
    frames: 100,
    encoder: "libx264",
    args: [...X264, "-g", "24", "-output_ts_offset", "12.3"],
  },
  {
    name: "edit_list.mp4",
    frames: 120,
    encoder: "libx264",
    args: [...X264, "-g", "24"],
    remux: ["-ss", "1.5", "-c", "copy"],
  },
  {
    name: "turned.mp4",
    frames: 60,
    encoder: "libx264",
    args: [...X264, "-g", "20"],
    remux: ["-c", "copy", "-metadata:s:v:0", "rotate=90"],
  },
  { name: "stream.ts", frames: 100, encoder: "libx264", args: [...X264, "-g", "24"] },
  { name: "flash.flv", frames: 80, encoder: "flv", args: ["-c:v", "flv", "-g", "20"] },
  { name: "one_frame.mp4", frames: 1, encoder: "mpeg4", args: ["-c:v", "mpeg4"] },
  { name: "short.mp4", frames: 9, encoder: "mpeg4", args: ["-c:v", "mpeg4", "-g", "4"] },
];

/** Makes the hazards that this ffmpeg can encode; gives their paths. */
export async function renderHazards(folder: string): Promise<string[]> {
  const known = await encoders();
  const able = HAZARDS.filter(({ encoder }) => new RegExp(`\\b${encoder}\\b`).test(known));
  await renderVideos(able.map(({ name, frames, args, size, remux }) => {
    const path = `${folder}/${remux ? "source_of_" : ""}${name}`;
    return { path, frames, size, encoder: [...args, "-threads", "1"] };
  }));
  for (const { name, remux } of able) {
    if (!remux) continue;
    const source = `${folder}/source_of_${name}`;
    const seek = remux[0] === "-ss" ? remux.slice(0, 2) : [];
    const rest = remux.slice(seek.length);
    await ffmpeg(...seek, "-i", `file:${source}`, ...rest, `file:${folder}/${name}`);
    await Deno.remove(source);
  }
  return able.map(({ name }) => `${folder}/${name}`);
}
