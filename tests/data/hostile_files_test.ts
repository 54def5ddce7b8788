/** Files that name others: nothing but the file itself is opened, whatever it is called. */

import { decodeClips, indexVideos } from "@videoms/data";
import assert from "node:assert/strict";
import { makePipe } from "./processes.ts";
import { centred, ffmpeg, MPEG4, recordOf, renderVideo, withFolder } from "./test_videos.ts";

const LINUX_ONLY = { ignore: Deno.build.os !== "linux" };

/** Scripts and playlists that would have ffmpeg open an address, by kind. */
function scripts(url: string): Record<string, string> {
  const presentation = '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" ' +
    'type="static" mediaPresentationDuration="PT2S"><Period><AdaptationSet mimeType="video/mp4">' +
    `<Representation id="1" bandwidth="1"><BaseURL>${url}</BaseURL></Representation>` +
    "</AdaptationSet></Period></MPD>\n";
  return {
    hls: `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.6,\n${url}\n#EXT-X-ENDLIST\n`,
    master: `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n${url}\n`,
    concat: `ffconcat version 1.0\nfile '${url}'\n`,
    dash: presentation,
    asx: `<asx version="3.0"><entry><ref href="${url}"/></entry></asx>\n`,
    reference: `[Reference]\nRef1=${url}\n`,
    session: "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n" +
      "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
  };
}

/** Endings that scripts hide behind: of a container, of a picture and of a raw stream. */
const ENDINGS = ["mp4", "gif", "h264"];

/** Writes each script, under one of the endings; gives the paths. */
async function writeScripts(folder: string, kind: string, url: string): Promise<string[]> {
  return await Promise.all(
    Object.entries(scripts(url)).map(async ([name, text], i) => {
      const path = `${folder}/${kind}-${name}.${ENDINGS[(i + kind.length) % ENDINGS.length]}`;
      await Deno.writeTextFile(path, text);
      return path;
    }),
  );
}

Deno.test(
  "no file makes ffmpeg open an address or another file",
  LINUX_ONLY,
  () =>
    withFolder(async (folder) => {
      using server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const address = `127.0.0.1:${(server.addr as Deno.NetAddr).port}`;
      const pipe = `${folder}/other.ts`; // whoever opened it would hang, and the index fail
      await makePipe(pipe);
      const paths = [
        ...await writeScripts(folder, "web", `http://${address}/x.ts`),
        ...await writeScripts(folder, "file", `file:${pipe}`),
        ...await writeScripts(folder, "plain", "other.ts"),
      ];
      for (const entry of await indexVideos(paths)) assert.ok("error" in entry, entry.path);
      // The same of a file that was a video when it was indexed.
      const sound = `${folder}/sound.mp4`;
      await renderVideo(sound, 12, ...MPEG4);
      const record = await recordOf(sound);
      const some = paths.slice(0, 5);
      const requests = await Promise.all(some.map(async (path) => {
        const { size } = await Deno.stat(path);
        return centred({ ...record, path, size }, [0, 5]);
      }));
      const clips = await decodeClips(requests);
      clips.forEach((clip, i) => assert.ok("error" in clip, some[i]));
      // The first to knock at the server is this test.
      using knock = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
      await knock.write(Uint8Array.of(42));
      using heard = await server.accept();
      const byte = new Uint8Array(1);
      await heard.read(byte);
      assert.equal(byte[0], 42);
    }),
);

Deno.test("a name is no pattern of pictures, no option, no protocol, in any format", () =>
  withFolder(async (folder) => {
    const source = ["-f", "lavfi", "-i", "testsrc2=size=32x32:rate=25", "-frames:v"];
    const made: [string, string[]][] = [
      ["gif", []],
      ["y4m", ["-pix_fmt", "yuv420p"]],
      ["m2v", ["-c:v", "mpeg2video"]],
    ];
    for (const [ending, encoder] of made) {
      const sound = `${folder}/sound.${ending}`;
      await ffmpeg(...source, "12", ...encoder, `file:${sound}`);
      // What a pattern would find instead.
      await ffmpeg(...source, "1", ...encoder, `file:${folder}/0.${ending}`);
      for (const i of [1, 2]) {
        await Deno.copyFile(`${folder}/0.${ending}`, `${folder}/${i}.${ending}`);
      }
      const names = ["%d", "%*", "-i", "concat:0", "http:x", "*", "[0-2]"]
        .map((name) => `${name}.${ending}`);
      for (const name of names) await Deno.copyFile(sound, `${folder}/${name}`);
      const paths = ["sound." + ending, ...names].map((name) => `${folder}/${name}`);
      const entries = await indexVideos(paths);
      const clips = await decodeClips(entries.map((entry) => {
        assert.ok("record" in entry, JSON.stringify(entry));
        assert.equal(entry.record.frames, 12, entry.path);
        return centred(entry.record, [0, 5, 11]);
      }));
      assert.ok("pixels" in clips[0]);
      clips.forEach((clip, i) => assert.deepEqual(clip, clips[0], paths[i]));
    }
  }));
