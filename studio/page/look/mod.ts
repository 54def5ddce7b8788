/**
 * What strategies choose of a clip's pixels, in a page and on the command line.
 *
 * @module
 */

export {
  type CandidatePixels,
  lookAtPixels,
  type LookAtPixelsOptions,
  type LookedPixels,
  type LookedStrategy,
  lookStream,
  patchModel,
  type TokenSource,
} from "./look_at_pixels.ts";
