import { randomStream } from "@videoms/core/plain";

/**
 * A share of labelled videos, of each class alike: the nearest whole number of videos, at least one, in their order.
 * Which ones depends on the numbers of videos alone; a larger share holds a smaller one.
 *
 * @param share above 0, up to 1
 */
export function classShare<Video extends { readonly label: number }>(
  videos: readonly Video[],
  share: number,
): Video[] {
  if (share === 1) return [...videos];
  const classes = Map.groupBy(videos, ({ label }) => label);
  const used = [...classes].flatMap(([label, members]) => {
    const order = randomStream(0, "class-share", label).permutation(members.length);
    const count = Math.max(1, Math.round(share * members.length));
    return [...order.subarray(0, count)].map((i) => members[i]);
  });
  const chosen = new Set(used);
  return videos.filter((video) => chosen.has(video));
}
