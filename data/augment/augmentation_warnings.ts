import { type Descriptor, oppositeNames } from "@videoms/core/plain";

/** Crops of a smaller share of the frame may leave out what moves. */
const SMALL_CROP = 0.25;

/** What an augmentation may do to the motions that classes are named after; none for other classes. */
export function augmentationWarnings(
  { crop }: { readonly crop: string | Descriptor<"augmentation"> },
  { classes }: { readonly classes: readonly string[] },
): string[] {
  if (typeof crop === "string") return [];
  const { flip, scale } = crop.options;
  const mirrored = oppositeNames(classes, "mirror");
  const [pair] = [...mirrored, ...oppositeNames(classes, "reversal")];
  if (!pair) return [];
  const example = pair.map((label) => `"${classes[label]}"`).join(" and ");
  const [least] = Array.isArray(scale) ? scale as number[] : [1];
  const warnings: string[] = [];
  if (mirrored.length > 0 && typeof flip === "number" && flip > 0) {
    warnings.push(
      `Warning: ${2 * mirrored.length} of ${classes.length} classes are mirror images, such as ` +
        `${example}, and augmentation.flip is ${flip}: mirrored clips keep the label of what they no ` +
        "longer show; --set augmentation.flip=0 leaves them as they are",
    );
  }
  if (least < SMALL_CROP) {
    const share = `${Math.round(100 * least)} %`;
    warnings.push(
      `Warning: classes such as ${example} are motions, and crops of ${share} of ` +
        "the frame (augmentation.scale) may leave the motion out; --set augmentation.scale=[0.5,1] " +
        "keeps more of it",
    );
  }
  return warnings;
}
