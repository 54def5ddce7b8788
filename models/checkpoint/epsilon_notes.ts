import type { KnownModel, UnseenFacts } from "./known_model.ts";

/**
 * Notes on epsilons of norms that are not those of the weights' model, with the flags that make them so.
 *
 * @param known the weights' model
 * @param wanted the model that they are loaded into
 */
export function epsilonNotes(
  known: KnownModel,
  wanted: Pick<UnseenFacts, "normEpsilon" | "headNormEpsilon" | "decoderFinalNormEpsilon">,
): string[] {
  const norms = [
    ["normEpsilon", "norms add", true],
    ["headNormEpsilon", "the norm before the head adds", known.meanPooling],
    ["decoderFinalNormEpsilon", "the decoder's last norm adds", known.decoderDepth !== null],
  ] as const;
  return norms.flatMap(([field, what, isLoaded]) => {
    const theirs = known[field] ?? known.normEpsilon;
    const own = wanted[field];
    if (!isLoaded || theirs === null || own === null || theirs === own) return [];
    return [
      `${what} ${own} to the variance, in the weights' model ${theirs}; ` +
      `--set model.${field}=${theirs} makes them equal`,
    ];
  });
}
