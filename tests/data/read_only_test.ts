/** What is only a cache, and sets that are made on the spot, where nothing can be written. */

import { indexVideos } from "@videoms/data";
import assert from "node:assert/strict";
import { renderedPlace } from "../../data/shapes/rendered_place.ts";
import { makeReadOnly, SMALL_DISK } from "../small_disk.ts";
import { MPEG4, renderVideo, withFolder } from "./test_videos.ts";

const video = `${SMALL_DISK}/a.mp4`;
const cacheFile = `${SMALL_DISK}/index.jsonl`;
const dir = `${SMALL_DISK}/datasets/shapes`;
if (SMALL_DISK !== null) {
  await renderVideo(video, 5, ...MPEG4);
  await indexVideos([video], { cacheFile });
  await Deno.mkdir(`${dir}/there`, { recursive: true });
}
const ONLY_MOUNTED = { ignore: !makeReadOnly() };

Deno.test(
  "an index on a disk that cannot be written to is read, and told of once [mount]",
  ONLY_MOUNTED,
  () =>
    withFolder(async (folder) => {
      const other = `${folder}/b.mp4`;
      await renderVideo(other, 6, ...MPEG4);
      const errors: string[] = [];
      const index = async (cacheFile: string) => {
        let probed = 0;
        const entries = await indexVideos([video, other, `${folder}/none.mp4`], {
          cacheFile,
          onCacheError: ({ message }) => void errors.push(message),
          onProgress: (now) => probed = now.probed,
        });
        assert.deepEqual(entries.map((entry) => "record" in entry && entry.record.frames), [
          5,
          6,
          false,
        ]);
        return probed;
      };
      assert.equal(await index(cacheFile), 1, "one is known");
      assert.equal(await index(`${SMALL_DISK}/deep/index.jsonl`), 2);
      assert.equal(errors.length, 2);
      for (const message of errors) assert.match(message, /Read-only file system/);
    }),
);

Deno.test(
  "a set is rendered to the cache folder where its usual one cannot be made [mount]",
  ONLY_MOUNTED,
  () =>
    withFolder(async (folder) => {
      const made: string[] = [];
      const fill = async (unfinished: string) => {
        made.push(unfinished);
        await Deno.writeTextFile(`${unfinished}/video`, "");
      };
      const before = Deno.env.get("VIDEOMS_CACHE");
      const cache = `${folder}/cache`;
      Deno.env.set("VIDEOMS_CACHE", cache);
      try {
        const there = await renderedPlace(dir, dir, "there").make(fill);
        assert.deepEqual([there, made.length], [`${dir}/there`, 0]);
        for (let run = 0; run < 2; run++) {
          const place = renderedPlace(dir, dir, "new");
          assert.deepEqual(await place.find(), {
            folder: run === 0 ? `${dir}/new` : `${cache}${dir}/new`,
            isThere: run > 0,
          });
          assert.equal(await place.make(fill), `${cache}${dir}/new`);
          assert.equal(made.length, 1, "it is made once");
        }
        // Where another folder was asked for, that one counts.
        const asked = renderedPlace(dir, "datasets/shapes", "new");
        await assert.rejects(
          asked.make(fill),
          /must be a folder that can be created, .*--set data\.dataset\.dir/,
        );
      } finally {
        if (before === undefined) Deno.env.delete("VIDEOMS_CACHE");
        else Deno.env.set("VIDEOMS_CACHE", before);
      }
    }),
);
