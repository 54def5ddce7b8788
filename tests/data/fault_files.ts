/** Files that are no videos, although they are named like one. */

import { ffmpeg, MPEG4, renderVideo } from "./test_videos.ts";

/** What can stand where a video should: makes it at a path, beside a sound video and a stream. */
type Fault = (path: string, sound: string, stream: string) => Promise<void>;

const AUDIO = ["-f", "lavfi", "-i", "sine=duration=1"];

/** Everything that is no video, whatever its name says; the words are what the index says. */
export const FAULTS: Record<string, [Fault, RegExp]> = {
  missing: [() => Promise.resolve(), /no such file/],
  folder: [(path) => Deno.mkdir(path), /numbered JPEG or PNG images, got a folder without any/],
  empty: [(path) => Deno.writeTextFile(path, ""), /Invalid data/],
  "one byte": [(path) => Deno.writeTextFile(path, "x"), /Invalid data/],
  text: [(path) => Deno.writeTextFile(path, "this is no video\n".repeat(100)), /Invalid data/],
  "without its table": [
    async (path, sound) => {
      const bytes = await Deno.readFile(sound); // its table is at the end
      await Deno.writeFile(path, bytes.subarray(0, Math.floor(bytes.length / 2)));
    },
    /Invalid data/,
  ],
  "audio only": [
    async (path) => void await ffmpeg(...AUDIO, "-f", "mp4", `file:${path}`),
    /no video stream/,
  ],
  "cover picture": [
    async (path) => {
      await ffmpeg(
        ...[...AUDIO, "-f", "lavfi", "-i", "testsrc=size=64x64", "-frames:v", "1", "-shortest"],
        ...["-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-disposition:v", "attached_pic"],
        ...["-f", "mp4", `file:${path}`],
      );
    },
    /no video stream/,
  ],
  picture: [
    async (path) => {
      const source = ["-f", "lavfi", "-i", "testsrc=size=96x64"];
      await ffmpeg(...source, "-frames:v", "1", "-c:v", "mjpeg", "-f", "image2", `file:${path}`);
    },
    /its format is \w+, which is none of those that are read|Invalid data/,
  ],
  playlist: [
    (path, _, stream) =>
      Deno.writeTextFile(
        path,
        `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.6,\n${stream}\n#EXT-X-ENDLIST\n`,
      ),
    /its format is \w+, which is none of those that are read|Invalid data/,
  ],
  "list of files": [
    (path) => Deno.writeTextFile(path, "ffconcat version 1.0\nfile 'sound.mp4'\n"),
    /its format is \w+, which is none of those that are read|Invalid data/,
  ],
  "stream description": [
    (path, sound) =>
      Deno.writeTextFile(
        path,
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" ' +
          'mediaPresentationDuration="PT2S"><Period><AdaptationSet mimeType="video/mp4">' +
          `<Representation id="1" bandwidth="1"><BaseURL>file://${sound}</BaseURL>` +
          "</Representation></AdaptationSet></Period></MPD>\n",
      ),
    /its format is \w+, which is none of those that are read|Invalid data/,
  ],
  "session description": [
    (path) =>
      Deno.writeTextFile(
        path,
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n" +
          "a=rtpmap:96 H264/90000\n",
      ),
    /its format is \w+, which is none of those that are read|Invalid data/,
  ],
};

/** Makes `sound.mp4` and every fault beside it, named like a video; gives their paths by name. */
export async function makeFaults(folder: string): Promise<Map<string, string>> {
  const sound = `${folder}/sound.mp4`;
  const stream = `${folder}/stream.ts`;
  await renderVideo(sound, 40, ...MPEG4);
  await renderVideo(stream, 40, "-c:v", "mpeg2video", "-f", "mpegts");
  const paths = new Map<string, string>();
  for (const [name, [make]] of Object.entries(FAULTS)) {
    const path = `${folder}/${name}.mp4`;
    await make(path, sound, stream);
    paths.set(name, path);
  }
  return paths;
}

/** Overwrites part of a file, given in shares of its length. */
export async function damage(path: string, from: number, bytes: number): Promise<void> {
  const content = await Deno.readFile(path);
  const start = Math.floor(content.length * from);
  const end = Math.min(content.length, start + bytes);
  for (let i = start; i < end; i++) content[i] ^= 0x55;
  await Deno.writeFile(path, content);
}
