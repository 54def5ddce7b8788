import { type Descriptor, oppositeNames } from "@videoms/core";
import type { RunVideos } from "@videoms/data";
import { formatPercent } from "../../output/progress/format.ts";

/** Crops of a smaller share of the frame may leave out what moves. */
const SMALL_CROP = 0.25;

/** What an augmentation may do to the motions that classes are named after; none for other classes. */
export function augmentationWarnings(
  { crop }: { readonly crop: string | Descriptor<"augmentation"> },
  { classes }: Pick<RunVideos, "classes">,
): string[] {
  if (typeof crop === "string") return [];
  const { flip, scale } = crop.options;
  const mirrored = oppositeNames(classes, "mirror");
  const [pair] = [...mirrored, ...oppositeNames(classes, "reversal")];
  if (!pair) return [];
  const example = pair.map((label) => `"${classes[label]}"`).join(" and ");
  const [least] = Array.isArray(scale) ? scale as number[] : [1];
  return [
    ...mirrored.length > 0 && typeof flip === "number" && flip > 0
      ? [
        `Warning: ${
          2 * mirrored.length
        } of ${classes.length} classes are mirror images, such as ${example}, ` +
        `and augmentation.flip is ${flip}: mirrored clips keep the label of what they no longer show; ` +
        "--set augmentation.flip=0 leaves them as they are",
      ]
      : [],
    ...least < SMALL_CROP
      ? [
        `Warning: classes such as ${example} are motions, and crops of ${
          formatPercent(least)
        } of the frame ` +
        "(augmentation.scale) may leave the motion out; --set augmentation.scale=[0.5,1] keeps more of it",
      ]
      : [],
  ];
}
