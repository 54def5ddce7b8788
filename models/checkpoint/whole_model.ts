import { type KnownModel, LAYER_NORM_DEFAULT, USUAL_EPSILON, usualSize } from "./known_model.ts";

/** A model of which every field of a configuration is known. */
export type WholeModel =
  & KnownModel
  & {
    readonly [Fact in "heads" | "imageSize" | "frames"]: number;
  };

/** Notes on what Hugging Face's configuration cannot express: the epsilons of two norms. */
function normNotes(model: KnownModel): string[] {
  const norms = {
    "fc_norm": model.meanPooling ? model.headNormEpsilon ?? model.normEpsilon : null,
    "decoder.norm": model.decoderDepth === null
      ? null
      : model.decoderFinalNormEpsilon ?? model.normEpsilon,
  };
  return Object.entries(norms).flatMap(([norm, epsilon]) =>
    epsilon === null || epsilon === LAYER_NORM_DEFAULT ? [] : [
      `transformers uses epsilon ${LAYER_NORM_DEFAULT} in ${norm}, the weights' model ${epsilon}: ` +
      "outputs differ slightly, which a configuration cannot express",
    ]
  );
}

/**
 * A model whose unknown numbers are the usual ones.
 *
 * @param path where its weights are, for messages
 * @param notes gets what was assumed, and what a configuration cannot express
 * @throws {RangeError} if nothing tells a number, and none is usual
 */
export function wholeModel(model: KnownModel, path: string, notes: string[]): WholeModel {
  const size = usualSize(model)?.[1];
  const known = (
    fact: "heads" | "decoderHeads" | "imageSize" | "frames" | "normEpsilon",
    usual: number | undefined,
  ): number => {
    const value = model[fact];
    if (value !== null) return value;
    const flag = `--${fact.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (usual === undefined) {
      throw new RangeError(
        `Cannot write a configuration: ${flag} must be given, got weights that do not say it: ${path}`,
      );
    }
    notes.push(`${fact} is not stored with the weights: assuming ${usual}; ${flag} sets it`);
    return usual;
  };
  const { decoderWidth } = model;
  const decoderHeads = decoderWidth === size?.decoderWidth ? size?.decoderHeads : undefined;
  const whole = {
    ...model,
    heads: known("heads", size?.heads),
    imageSize: known("imageSize", 224),
    frames: known("frames", 16),
    normEpsilon: known("normEpsilon", USUAL_EPSILON),
    ...decoderWidth !== null && { decoderHeads: known("decoderHeads", decoderHeads) },
  };
  notes.push(...normNotes(whole));
  return whole;
}
