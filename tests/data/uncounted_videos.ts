/** Whole files whose packets are not their frames, or whose container does not tell the truth of them. */

import { aviFile, emptyPicture, mpeg4Chunks } from "./avi_file.ts";
import { fieldStream } from "./field_stream.ts";
import { encoders, ffmpeg } from "./test_videos.ts";

/** A file that is made, and what is in it. */
export interface UncountedVideo {
  path: string;
  /** Frames that decoding gives. */
  frames: number;
  /** Whether clips may be started in the middle, where that is known. */
  seeks?: boolean;
}

const source = (frames: number, size = "96x64") => [
  ...["-f", "lavfi", "-i", `testsrc2=size=${size}:rate=25`],
  ...["-frames:v", String(frames), "-pix_fmt", "yuv420p", "-threads", "1"],
];

const X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "5", "-bf", "0"];

/** Makes the files that this ffmpeg can encode. */
export async function renderUncounted(folder: string): Promise<UncountedVideo[]> {
  const known = await encoders();
  const makers: [string, (folder: string) => Promise<UncountedVideo[]>][] = [
    ["mpeg4", droppedFrames],
    ["mpeg4", wronglyFlagged],
    ["libvpx", hiddenFrames],
    ["libvpx-vp9", changingVp9],
    ["libx264", changingH264],
    ["libx265", cutOpenGop],
    ["", pairsOfFields],
  ];
  const able = makers.filter(([encoder]) => known.includes(encoder));
  return (await Promise.all(able.map(([, make]) => make(folder)))).flat();
}

/** Recorders leave frames out: empty chunks, pictures that are not coded, and those for packed ones. */
async function droppedFrames(folder: string): Promise<UncountedVideo[]> {
  const stream = async (...options: string[]) =>
    mpeg4Chunks(
      await ffmpeg(...source(25), "-c:v", "mpeg4", "-g", "12", ...options, "-f", "m4v", "pipe:1"),
    );
  const plain = await stream();
  const between = await stream("-bf", "1", "-b_strategy", "0");
  const nothing = new Uint8Array();
  // Stored as I P B P B …: a packet of P and B, and one that is not coded in place of the other.
  const packed = between.flatMap((picture, i) => {
    if (isBetween(picture)) return [emptyPicture(between[i - 1])];
    const next = between[i + 1];
    return [next && isBetween(next) ? Uint8Array.from([...picture, ...next]) : picture];
  });
  packed[0] = withUserData(packed[0]);
  const files: Record<string, [Uint8Array[], number]> = {
    "dropped.avi": [
      plain.flatMap((picture, i) => i % 3 === 2 ? [picture, nothing] : [picture]),
      25,
    ],
    "dropped_last.avi": [[...plain, nothing, nothing], 25],
    "empty.avi": [plain.map((picture, i) => i % 5 === 3 ? emptyPicture(picture) : picture), 20],
    "packed.avi": [packed, 25],
  };
  return await Promise.all(
    Object.entries(files).map(async ([name, [chunks, frames]]) => {
      const path = `${folder}/${name}`;
      await Deno.writeFile(path, aviFile(chunks));
      return { path, frames };
    }),
  );
}

function isBetween(picture: Uint8Array): boolean {
  const at = picture.findIndex((byte, i) => byte === 0xb6 && picture[i - 1] === 1);
  return picture[at + 1] >> 6 === 2;
}

/** Headers that name a program which packs frames. */
function withUserData(picture: Uint8Array): Uint8Array {
  const at = picture.findIndex((byte, i) => byte === 0xb6 && picture[i - 1] === 1) - 3;
  const data = [0, 0, 1, 0xb2, ...new TextEncoder().encode("DivX503b1393p")];
  return Uint8Array.from([...picture.subarray(0, at), ...data, ...picture.subarray(at)]);
}

/** The container says of all frames, or of wrong ones, that decoding can start at them. */
async function wronglyFlagged(folder: string): Promise<UncountedVideo[]> {
  const h264 = (await encoders()).includes("libx264");
  const paths = await Promise.all([
    flagged(`${folder}/moved_keys.mp4`, moveKeys, "-c:v", "mpeg4", "-g", "10", "-bf", "0"),
    flagged(`${folder}/moved_keys.3gp`, moveKeys, "-s", "176x144", "-c:v", "h263", "-g", "10"),
    ...(h264 ? [flagged(`${folder}/all_keys.mp4`, allKeys, ...X264)] : []),
  ]);
  return paths.map((path) => ({ path, frames: 30 }));
}

/** Makes a file and changes its table of key frames. */
async function flagged(
  path: string,
  change: (bytes: Uint8Array, table: number) => void,
  ...encoder: string[]
): Promise<string> {
  await ffmpeg(...source(30), ...encoder, `file:${path}`);
  const bytes = await Deno.readFile(path);
  change(bytes, indexOf(bytes, "stss"));
  await Deno.writeFile(path, bytes);
  return path;
}

/** Without a table every frame counts as a key frame. */
function allKeys(bytes: Uint8Array, table: number): void {
  bytes.set(new TextEncoder().encode("free"), table);
}

/** All but the first are two frames late. */
function moveKeys(bytes: Uint8Array, table: number): void {
  const view = new DataView(bytes.buffer, table + 8);
  for (let i = 1; i < view.getUint32(0); i++) {
    view.setUint32(4 + 4 * i, view.getUint32(4 + 4 * i) + 2);
  }
}

function indexOf(bytes: Uint8Array, name: string): number {
  const code = [...new TextEncoder().encode(name)];
  return bytes.findIndex((_, i) => code.every((byte, k) => bytes[i + k] === byte));
}

/** Pictures that are never shown, in packets of their own; and a table of key frames that is late by a tick. */
async function hiddenFrames(folder: string): Promise<UncountedVideo[]> {
  const twice = async (path: string, ...encoder: string[]) => {
    const options = ["-b:v", "200k", "-auto-alt-ref", "1", "-lag-in-frames", "16", "-g", "30"];
    const passes = ["-passlogfile", `${folder}/passes`, "-pass"];
    await ffmpeg(...source(60), ...encoder, ...options, ...passes, "1", "-f", "null", "-");
    await ffmpeg(...source(60), ...encoder, ...options, ...passes, "2", `file:${path}`);
  };
  const path = `${folder}/hidden_vp8.webm`;
  await twice(path, "-c:v", "libvpx");
  const bytes = await Deno.readFile(path);
  for (let i = 0; i + 2 < bytes.length; i++) {
    // A point of the table: its size, then the time and its size.
    if (bytes[i] === 0xbb && bytes[i + 2] === 0xb3 && bytes[i + 3] === 0x82) bytes[i + 5]++;
  }
  const late = `${folder}/late_cues.webm`;
  await Deno.writeFile(late, bytes);
  const videos = [{ path, frames: 60, seeks: true }, { path: late, frames: 60, seeks: true }];
  if (!(await encoders()).includes("libvpx-vp9")) return videos;
  const vp9 = `${folder}/vp9.webm`;
  await twice(vp9, "-c:v", "libvpx-vp9", "-cpu-used", "5");
  for (const name of ["hidden_vp9.webm", "hidden_vp9.mp4"]) {
    const split = `${folder}/${name}`;
    const filter = "vp9_superframe_split,setts=pts=N*20:dts=N*20:time_base=1/1000";
    await ffmpeg("-i", `file:${vp9}`, "-c", "copy", "-bsf:v", filter, `file:${split}`);
    videos.push({ path: split, frames: 60, seeks: true });
  }
  return videos;
}

/** Another size from the 15th frame on. */
async function changingVp9(folder: string): Promise<UncountedVideo[]> {
  const parts = await Promise.all(["96x64", "128x96"].map((size) =>
    ffmpeg(
      ...source(15, size),
      ...["-c:v", "libvpx-vp9", "-cpu-used", "8", "-deadline", "realtime", "-f", "ivf", "pipe:1"],
    )
  ));
  const joined: number[] = [...parts[0].subarray(0, 32)];
  let frame = 0;
  for (const part of parts) {
    for (let at = 32; at < part.length;) {
      const size = new DataView(part.buffer, part.byteOffset + at).getUint32(0, true);
      joined.push(...part.subarray(at, at + 4), frame++, 0, 0, 0, 0, 0, 0, 0);
      joined.push(...part.subarray(at + 12, at + 12 + size));
      at += 12 + size;
    }
  }
  await Deno.writeFile(`${folder}/changing.ivf`, Uint8Array.from(joined));
  const path = `${folder}/changing_vp9.webm`;
  await ffmpeg("-i", `file:${folder}/changing.ivf`, "-c", "copy", `file:${path}`);
  return [{ path, frames: 30 }];
}

async function changingH264(folder: string): Promise<UncountedVideo[]> {
  const videos: UncountedVideo[] = [];
  for (const [name, format] of [["changing.ts", "mpegts"], ["changing.h264", "h264"]]) {
    const parts: Uint8Array[] = [];
    for (const size of ["96x64", "128x96"]) {
      parts.push(await ffmpeg(...source(15, size), ...X264, "-f", format, "pipe:1"));
    }
    await Deno.writeFile(`${folder}/${name}`, Uint8Array.from(parts.flatMap((part) => [...part])));
  }
  const path = `${folder}/changing_h264.mp4`;
  const raw = ["-fflags", "+genpts", "-r", "25", "-i", `file:${folder}/changing.h264`];
  await ffmpeg(...raw, "-c", "copy", `file:${path}`);
  videos.push({ path: `${folder}/changing.ts`, frames: 30 }, { path, frames: 30 });
  return videos;
}

/** Cut at a key frame, whose leading frames refer to what is gone. */
async function cutOpenGop(folder: string): Promise<UncountedVideo[]> {
  const whole = `${folder}/whole.mp4`;
  const x265 = "open-gop=1:keyint=20:min-keyint=20:scenecut=0:bframes=4:log-level=none";
  await ffmpeg(
    ...source(60),
    ...["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", x265, `file:${whole}`],
  );
  const paths = ["mkv", "ts"].map((ending) => `${folder}/cut.${ending}`);
  for (const path of paths) {
    await ffmpeg("-ss", "0.9", "-i", `file:${whole}`, "-c", "copy", `file:${path}`);
  }
  return paths.map((path) => ({ path, frames: 40 }));
}

async function pairsOfFields(folder: string): Promise<UncountedVideo[]> {
  const stream = `${folder}/fields.h264`;
  await Deno.writeFile(stream, fieldStream(24));
  const paths = ["ts", "mp4"].map((ending) => `${folder}/fields.${ending}`);
  for (const path of paths) {
    const raw = ["-fflags", "+genpts", "-r", "25", "-i", `file:${stream}`];
    await ffmpeg(...raw, "-c", "copy", `file:${path}`);
  }
  return paths.map((path) => ({ path, frames: 24 }));
}
